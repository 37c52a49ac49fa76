import assert from 'node:assert/strict'
import { copyFile, mkdtemp, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { findVerdict, judgeSource } from '../../support/judge-source.ts'
import { runFfmpeg } from '../../support/make-clip.ts'
import { requireTestMedia, type TestMedia } from '../../support/media.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-footage-'))
})
after(() => rm(folder, { recursive: true, force: true }))

// Each in one format; each format has a camera's sound and picture.
const FOOTAGE = [
  { name: 'cup.mp4', segmentFormat: 'ts', seconds: 5, sound: true },
  { name: 'box.mp4', segmentFormat: 'fmp4', seconds: 7, sound: true },
  { name: 'vtest.avi', segmentFormat: 'ts', seconds: 14, sound: false },
] as const

/** The first seconds of it, packets and container as they came. */
async function takeBeginning(name: TestMedia, seconds: number): Promise<string> {
  const path = join(folder, `begin-${name}`)
  const whole = await requireTestMedia(name, folder)
  await runFfmpeg(['-i', whole, '-t', String(seconds), '-c', 'copy', '-y', path])
  return path
}

for (const { name, segmentFormat, seconds, sound } of FOOTAGE) {
  test(`${name} ends ready in ${segmentFormat}, whole and of its own length`, async () => {
    const path = await takeBeginning(name, seconds)
    const outputPath = join(folder, `${name}-${segmentFormat}`)
    const { encoded, frameShare, probe } = await judgeSource(path, { outputPath, segmentFormat })
    assert.ok(Math.abs(encoded.durationSeconds - (probe.durationSeconds ?? 0)) <= 0.1)
    assert.ok(Math.abs(encoded.durationSeconds - seconds) <= 0.6)
    assert.ok((frameShare ?? 0) > 0.98)
    assert.equal(encoded.audio !== null, sound)
  })
}

test('real footage without its end is truncated', async () => {
  const path = await takeBeginning('vtest.avi', 14)
  const cut = join(folder, 'cut.avi')
  await copyFile(path, cut)
  await truncate(cut, Math.floor((await stat(cut)).size * 0.4))
  assert.equal(await findVerdict(cut, join(folder, 'cut')), 'source_truncated')
})
