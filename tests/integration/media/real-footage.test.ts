import assert from 'node:assert/strict'
import { copyFile, mkdtemp, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { findVerdict, judgeSource } from '../../support/judge-source.ts'
import { requireTestMedia } from '../../support/media.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-footage-'))
})
after(() => rm(folder, { recursive: true, force: true }))

const FOOTAGE = [
  { name: 'cup.mp4', seconds: 8.1, sound: true },
  { name: 'box.mp4', seconds: 15.18, sound: true },
  { name: 'vtest.avi', seconds: 79.5, sound: false },
] as const

for (const { name, seconds, sound } of FOOTAGE) {
  // The long one once: two formats of it would say nothing more.
  for (const segmentFormat of name === 'vtest.avi' ? (['ts'] as const) : (['fmp4', 'ts'] as const)) {
    test(`${name} ends ready in ${segmentFormat}, whole and of its own length`, async () => {
      const path = await requireTestMedia(name, folder)
      const outputPath = join(folder, `${name}-${segmentFormat}`)
      const { encoded, frameShare, probe } = await judgeSource(path, { outputPath, segmentFormat })
      assert.ok(Math.abs(encoded.durationSeconds - (probe.durationSeconds ?? 0)) <= 0.1)
      assert.ok(Math.abs(encoded.durationSeconds - seconds) <= 0.6)
      assert.ok((frameShare ?? 0) > 0.98)
      assert.equal(encoded.audio !== null, sound)
    })
  }
}

test('real footage without its end is truncated', async () => {
  const path = await requireTestMedia('vtest.avi', folder)
  const cut = join(folder, 'cut.avi')
  await copyFile(path, cut)
  await truncate(cut, Math.floor((await stat(cut)).size * 0.4))
  assert.equal(await findVerdict(cut, join(folder, 'cut')), 'source_truncated')
})
