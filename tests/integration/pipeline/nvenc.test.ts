import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { JobModel } from '#lib/db/models/job'
import { forgetSingleton } from '#lib/singleton'
import { makeClip } from '../../support/make-clip.ts'
import { importClip, openPipelineTest, type PipelineTest, waitForEnd } from '../../support/pipeline-test.ts'
import { writeFakeFfmpeg } from '../../support/write-fake-ffmpeg.ts'

let folder = ''
let peekr: PipelineTest

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-nvenc-path-'))
  const PEEKR_FFMPEG = await writeFakeFfmpeg(folder, 'no-device', { onlyUnits: true })
  peekr = await openPipelineTest({ settings: { PEEKR_ENCODER: 'auto', PEEKR_FFMPEG } })
  forgetSingleton('jobs.encoder-report')
  await peekr.start()
})
after(async () => {
  await peekr?.close()
  forgetSingleton('jobs.encoder-report')
  await rm(folder, { recursive: true, force: true })
})

/** What each unit of a video was encoded with, as its jobs say. */
async function encodersOf(videoId: string): Promise<string[]> {
  const jobs = await JobModel.find({ videoId, kind: 'transcode' }).sort({ unit: 1 }).lean()
  return jobs.map(({ encoder }) => encoder ?? '')
}

// MPEG-2 is decoded by the card and never copied.
const CLIP = {
  seconds: 3,
  width: 640,
  height: 360,
  video: 'mpeg2video',
  extra: ['-colorspace', 'bt709'],
} as const

test('a card that is lost after the start-up test costs no video: libx264 takes over, and the job says why', async () => {
  const clip = { ...CLIP, extra: [...CLIP.extra] }
  const videoId = await importClip(peekr, await makeClip({ folder, name: 'lost.mkv', ...clip }))
  assert.equal((await waitForEnd(videoId)).state, 'ready')
  const encoders = await encodersOf(videoId)
  assert.ok(encoders.length > 0)
  for (const encoder of encoders) {
    assert.match(encoder, /^Decoded, .* The graphics card refused: .* encoded with libx264\.$/)
  }
})

test('the next video starts with the card again', async () => {
  peekr.configure({ PEEKR_ENCODER: 'auto', PEEKR_FFMPEG: await writeFakeFfmpeg(folder, 'none') })
  const clip = { ...CLIP, extra: [...CLIP.extra] }
  const videoId = await importClip(peekr, await makeClip({ folder, name: 'back.mkv', ...clip }))
  assert.equal((await waitForEnd(videoId)).state, 'ready')
  for (const encoder of await encodersOf(videoId))
    assert.equal(encoder, 'Decoded, scaled and encoded on the graphics card.')
})
