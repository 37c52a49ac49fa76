import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { removeVideo } from '#lib/catalog/remove-video'
import { updateVideo } from '#lib/catalog/update-video'
import { BuildModel } from '#lib/db/models/build'
import { JobModel } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { parseMediaPlaylist } from '#lib/hls/media-playlist'
import { streamResponse } from '#lib/stream/stream-response'
import { makeClip } from '../../support/make-clip.ts'
import { importClip, openPipelineTest, type PipelineTest, until } from '../../support/pipeline-test.ts'
import { writeSlowFfmpeg } from '../../support/write-slow-ffmpeg.ts'

const SECONDS = 20
/** On such a machine the large sizes of one unit take half a minute and more, the small ones a moment. */
const RATES = { usual: 8, of: { rendition: '360p', rate: 0.2 } }
/** What a loaded machine may cost; an edge that stalls stands for all of a large unit. */
const STALL_SECONDS_MAX = 15

let folder = ''
let clip = ''
let peekr: PipelineTest
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-slow-'))
  const size = { width: 640, height: 360, seconds: SECONDS }
  clip = await makeClip({ folder, name: 'slow.mkv', video: 'mpeg4', audio: null, ...size })
  const PEEKR_FFMPEG = await writeSlowFfmpeg(folder, 'ffmpeg-slow', RATES)
  peekr = await openPipelineTest({ settings: { PEEKR_FFMPEG } })
  await peekr.start()
})
after(async () => {
  await peekr?.close()
  await rm(folder, { recursive: true, force: true })
})

test('a viewer who comes while a large unit is made slower than real time: it makes way, and the player never stands', async (t) => {
  const videoId = await importClip(peekr, clip)
  await updateVideo({ viewer: peekr.owner, videoId, changes: { visibility: 'public' } })
  const running = await until('a large unit under way', () =>
    JobModel.findOne({ videoId, kind: 'transcode', state: 'running', unit: /-(?:all|high)$/ })
      .setOptions({ sanitizeFilter: false })
      .lean(),
  )
  const video = await until('early play', () => VideoModel.findOne({ _id: videoId, playable: true }).lean())
  const stoodSeconds = await watch(videoId, `${video.revision?.id}`)
  t.diagnostic(`came during ${running.unit}; stood still for ${stoodSeconds.toFixed(2)} s`)
  assert.ok(stoodSeconds < STALL_SECONDS_MAX, `it stood still for ${stoodSeconds} s`)
  const units = await JobModel.find({ videoId, kind: 'transcode', state: 'done' }).lean()
  assert.deepEqual(
    units.filter(({ unit }) => !unit.endsWith('-low')).map(({ unit }) => unit),
    [],
  )
  assert.equal(units.length, (await BuildModel.findOne({ videoId }).lean())?.plan.units.length)
  await removeVideo({ viewer: peekr.owner, videoId })
})

test('slower than real time in every size: nobody is let in before what is there lasts to the end', async () => {
  const PEEKR_FFMPEG = await writeSlowFfmpeg(folder, 'ffmpeg-slower', { ...RATES, usual: 0.8 })
  peekr.configure({ PEEKR_FFMPEG })
  const videoId = await importClip(peekr, clip)
  const isMade = (lowUnits: number) =>
    until(`${lowUnits} units`, async () => {
      const build = await BuildModel.findOne({ videoId }).lean()
      return (build?.lanes.low.unit ?? 0) >= lowUnits
    })
  await isMade(1)
  assert.equal(await VideoModel.countDocuments({ _id: videoId, playable: true }), 0)
  // From here on the machine has nothing else to do.
  peekr.configure({})
  await until('play', () => VideoModel.findOne({ _id: videoId, playable: true }).lean())
  await removeVideo({ viewer: peekr.owner, videoId })
})

/** Plays the smallest size from its beginning as a player does, until all of it is there. Returns how long it stood still. */
async function watch(videoId: string, revisionId: string): Promise<number> {
  const url = `http://peekr.test/stream/${videoId}/${revisionId}/240p/media.m3u8`
  let [position, stoodSeconds, atMs] = [0, 0, performance.now()]
  for (;;) {
    const text = await (await streamResponse(new Request(url))).text()
    const available = parseMediaPlaylist(text).segments.reduce((sum, one) => sum + one.durationSeconds, 0)
    const nowMs = performance.now()
    const passed = (nowMs - atMs) / 1000
    const played = Math.min(passed, Math.max(0, available - position))
    position += played
    stoodSeconds += passed - played
    atMs = nowMs
    if (available >= SECONDS - 0.1) return stoodSeconds
    await sleep(100)
  }
}
