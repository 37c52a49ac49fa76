import assert from 'node:assert/strict'
import { copyFile, mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { makeClip, runFfmpeg } from '../../support/make-clip.ts'
import { openPeekrClient, type PeekrClient } from '../../support/peekr-client.ts'
import { findFfmpegOf, namesIn } from '../../support/pipeline-test.ts'
import { type RunningPeekr, startPeekr } from '../../support/server.ts'

const VERDICT_MS = 60_000

let folder = ''
let good = ''
let peekr: RunningPeekr
let client: PeekrClient
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-bad-'))
  good = await makeClip({ folder, name: 'good.mp4', seconds: 4, extra: ['-movflags', '+faststart'] })
  peekr = await startPeekr()
  client = await openPeekrClient(peekr)
})
after(async () => {
  await peekr?.stop()
  await rm(folder, { recursive: true, force: true })
})

const BAD: { name: string; code: RegExp; make: (path: string) => Promise<unknown> }[] = [
  {
    name: 'text',
    code: /^source_not_video$/,
    make: (path) => writeFile(path, 'This is a letter.\n'.repeat(999)),
  },
  { name: 'an empty file', code: /^source_empty$/, make: (path) => writeFile(path, '') },
  {
    name: 'a truncated file',
    code: /^source_truncated$/,
    make: async (path) => {
      await copyFile(good, path)
      await truncate(path, Math.floor((await stat(good)).size / 2))
    },
  },
  {
    name: 'a playlist that names a file of the server',
    code: /^source_not_video$/,
    make: (path) =>
      writeFile(path, '#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n'),
  },
  {
    name: 'sixty streams',
    code: /^source_too_complex$/,
    make: async (path) => {
      const maps = Array.from({ length: 60 }, () => ['-map', '0:v']).flat()
      const source = ['-f', 'lavfi', '-i', 'color=size=64x64:rate=5:duration=1']
      await runFfmpeg([...source, ...maps, '-c:v', 'mpeg4', '-threads', '1', '-f', 'matroska', '-y', path])
    },
  },
  {
    name: 'a picture of 16k × 16k',
    code: /^source_too_complex$/,
    make: async (path) => {
      const picture = ['-f', 'lavfi', '-i', 'color=size=16000x16000:rate=1:duration=1', '-frames:v', '1']
      await runFfmpeg([...picture, '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-f', 'matroska', '-y', path])
    },
  },
]

test('bad files fail for the right reason within 60 s, leave nothing on disk, and let the next one pass', async () => {
  const videoIds: string[] = []
  for (const [index, { make }] of BAD.entries()) {
    const path = join(folder, `bad-${index}.mp4`)
    await make(path)
    videoIds.push(await client.upload(path))
  }
  const startedAt = performance.now()
  const goodId = await client.upload(good)
  for (const [index, videoId] of videoIds.entries()) {
    const { name, code } = BAD[index] as (typeof BAD)[number]
    const { state, error, playback } = await client.waitForEnd(videoId, VERDICT_MS)
    assert.equal(state, 'failed', name)
    assert.match(error?.code ?? '', code, name)
    assert.match(error?.message ?? '', /^[A-Z].{20,}\.$/, name)
    assert.equal(playback, null)
    const retried = await client.call<{ error: { message: string } }>('POST', `/api/videos/${videoId}/retry`)
    assert.equal(retried.status, 409, name)
    assert.ok(retried.body.error.message.endsWith(error?.message ?? '-'), retried.body.error.message)
    assert.ok(!(await namesIn(peekr.dataPath, 'library')).includes(videoId), `${name}: files are left`)
    assert.deepEqual(await findFfmpegOf(videoId), [])
  }
  assert.ok(performance.now() - startedAt < VERDICT_MS)
  assert.equal((await client.waitForEnd(goodId)).state, 'ready')
  assert.deepEqual(await namesIn(peekr.dataPath, 'uploads'), [])
  assert.deepEqual(await namesIn(peekr.dataPath, 'library'), [goodId])
})
