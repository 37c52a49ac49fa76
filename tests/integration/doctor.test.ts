import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import type { Finding } from '#lib/admin/diagnose'

const root = resolve(import.meta.dirname, '../..')
let dataPath: string
before(async () => {
  dataPath = await mkdtemp(join(tmpdir(), 'peekr-doctor-'))
})
after(() => rm(dataPath, { recursive: true, force: true }))

function runDoctor(settings: Record<string, string>): { status: number | null; findings: Finding[] } {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { status, stdout } = spawnSync(process.execPath, ['bin/main.ts', 'doctor', '--json'], {
    cwd: root,
    env: { ...env, PEEKR_DATA: dataPath, PEEKR_LOG_LEVEL: 'silent', ...settings },
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { status, findings: JSON.parse(stdout) }
}

test('the doctor finds everything it needs on a machine that has it', () => {
  const { status, findings } = runDoctor({})
  assert.deepEqual(
    findings.filter(({ needed, works }) => needed && !works),
    [],
  )
  assert.equal(status, 0)
  assert.ok(findings.some(({ name, works }) => name === 'Encoder libx264' && works))
})

test('the doctor ends with status 1 and says how to mend what is missing', () => {
  const { status, findings } = runDoctor({ PEEKR_FFMPEG: join(dataPath, 'no-ffmpeg') })
  assert.equal(status, 1)
  const ffmpeg = findings.find(({ name }) => name === 'FFmpeg')
  assert.equal(ffmpeg?.works, false)
  assert.match(ffmpeg?.sentence ?? '', /apt-get install ffmpeg/)
})
