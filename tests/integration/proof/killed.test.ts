import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { updateSettings } from '#lib/admin/settings'
import { proveVideo } from '#lib/catalog/proof/prove-video'
import { JobModel } from '#lib/db/models/job'
import { getLibrary } from '#lib/jobs/library'
import { exists } from '#lib/storage/exists'
import { makeClip } from '../../support/make-clip.ts'
import {
  importClip,
  openPipelineTest,
  type PipelineTest,
  until,
  waitForEnd,
} from '../../support/pipeline-test.ts'
import { writeKilledOnce } from '../../support/write-killed-once.ts'

let folder = ''
let mark = ''
let peekr: PipelineTest
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-killed-'))
  const ffmpeg = await writeKilledOnce(folder, 'ffmpeg', 'hls')
  mark = ffmpeg.mark
  peekr = await openPipelineTest({
    settings: { PEEKR_ORIGINALS: 'keep', PEEKR_SANDBOX: 'off', PEEKR_FFMPEG: ffmpeg.path },
  })
  await updateSettings({ verifyMbps: 0, verifyDays: 0 })
  await peekr.start()
})
after(async () => {
  await peekr?.close()
  await rm(folder, { recursive: true, force: true })
})

test('FFmpeg killed while damaged sound is made again: it is made once more, and the video is repaired', async () => {
  const videoId = await importClip(peekr, await makeClip({ folder, seconds: 3, video: 'mpeg4' }))
  const made = await waitForEnd(videoId)
  assert.equal(made.state, 'ready', JSON.stringify(made.failure))
  await until('the publish', () => JobModel.exists({ videoId, kind: 'publish', state: 'done' }))
  const revisionPath = (await getLibrary()).revisionPath(videoId, made.revision?.id ?? '')
  const names = await readdir(revisionPath, { recursive: true })
  const path = join(revisionPath, names.find((name) => /^audio\/segment-/.test(name)) ?? '')
  const bytes = await readFile(path)
  await truncate(path, 100)

  await rm(mark)
  const proof = await proveVideo(videoId, new AbortController().signal)
  assert.ok(await exists(mark), 'it was not killed')
  assert.equal(proof?.verdict, 'repaired', proof?.sentence)
  assert.deepEqual(await readFile(path), bytes)
})
