import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { changeQueue } from '#lib/admin/pause-queue'
import { updateVideo } from '#lib/catalog/update-video'
import { BuildModel } from '#lib/db/models/build'
import { JobModel } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { parseMediaPlaylist } from '#lib/hls/media-playlist'
import { streamResponse } from '#lib/stream/stream-response'
import { makeClip } from '../../support/make-clip.ts'
import {
  findFfmpegOf,
  importClip,
  namesIn,
  openPipelineTest,
  type PipelineTest,
  until,
  waitForEnd,
} from '../../support/pipeline-test.ts'

let peekr: PipelineTest
let clips = ''
let clip = ''
before(async () => {
  clips = await mkdtemp(join(tmpdir(), 'peekr-clips-'))
  clip = await makeClip({
    folder: clips,
    name: 'units.mkv',
    seconds: 26,
    width: 640,
    height: 360,
    video: 'mpeg4',
  })
  peekr = await openPipelineTest()
  await peekr.start()
})
after(async () => {
  await peekr?.close()
  await rm(clips, { recursive: true, force: true })
})

test('plays after the first unit from a playlist that only grows, and is VOD at the same address in the end; every attempt is on record', async () => {
  const videoId = await importClip(peekr, clip)
  await updateVideo({ viewer: peekr.owner, videoId, changes: { visibility: 'public' } })
  const early = await until('early play', () => VideoModel.findOne({ _id: videoId, playable: true }).lean())
  assert.equal(early.state, 'transcoding')
  const revisionId = early.revision?.id
  const rung = early.revision?.renditions.at(-1)?.name
  const texts: string[] = []
  const caching = new Set<string>()
  await until('the end', async () => {
    const url = `http://peekr.test/stream/${videoId}/${revisionId}/${rung}/media.m3u8`
    const response = await streamResponse(new Request(url))
    assert.equal(response.status, 200)
    const text = await response.text()
    if (text !== texts.at(-1)) texts.push(text)
    if (!text.includes('EXT-X-ENDLIST')) caching.add(response.headers.get('cache-control') ?? '')
    return (await VideoModel.exists({ _id: videoId, state: 'ready' })) !== null
  })
  const whole = await VideoModel.findById(videoId).lean()
  assert.equal(whole?.revision?.id, revisionId)
  assert.equal(whole?.revision?.growing, undefined)
  assert.ok(texts.length >= 3, `${texts.length} versions were seen`)
  assert.match(texts[0] ?? '', /PLAYLIST-TYPE:EVENT/)
  assert.ok(![...caching].some((value) => /immutable|max-age=\d{3,}/.test(value)), [...caching].join())
  for (const [at, text] of texts.slice(1).entries()) {
    const before = parseMediaPlaylist(texts[at] ?? '').segments.map(({ name }) => name)
    assert.deepEqual(
      parseMediaPlaylist(text)
        .segments.map(({ name }) => name)
        .slice(0, before.length),
      before,
    )
  }
  const last = await readFile(
    join(peekr.dataPath, 'library', videoId, 'revisions', `${revisionId}`, `${rung}`, 'media.m3u8'),
    'utf8',
  )
  assert.match(last, /PLAYLIST-TYPE:VOD[\s\S]*EXT-X-ENDLIST/)
  await until('nothing left over', async () => (await BuildModel.countDocuments({ videoId })) === 0)
  assert.deepEqual(await namesIn(peekr.dataPath, 'library', videoId, 'units'), [])
  await requireHistory(videoId)
})

/** What became of every attempt is kept, and who made it. */
async function requireHistory(videoId: string): Promise<void> {
  const job = await JobModel.findOne({ videoId, kind: 'transcode', unit: '0-low' }).lean()
  assert.deepEqual(
    job?.history.map(({ attempt, outcome }) => [attempt, outcome]),
    [[1, 'done']],
  )
  assert.match(job?.history[0]?.holder ?? '', /:\d+$/)
}

test('paused, a video’s work is handed back uncounted, and goes on from its last whole unit when resumed', async () => {
  const videoId = await importClip(peekr, clip)
  await until('the first unit', () =>
    JobModel.exists({ videoId, kind: 'transcode', unit: '0-low', state: 'done' }),
  )
  await until('FFmpeg', async () => (await findFfmpegOf(videoId)).length > 0)
  await changeQueue({ paused: true, videoId })
  await until('FFmpeg gone', async () => (await findFfmpegOf(videoId)).length === 0, 10_000)
  // FFmpeg ends a moment before its lease is given back.
  await until('handed back', async () => (await JobModel.countDocuments({ videoId, state: 'running' })) === 0)
  const done = await JobModel.find({ videoId, kind: 'transcode', state: 'done' }).lean()
  assert.ok(done.length > 0)
  await changeQueue({ paused: false, videoId })
  assert.equal((await waitForEnd(videoId)).state, 'ready')
  for (const { unit, startedAt } of done) {
    const now = await JobModel.findOne({ videoId, kind: 'transcode', unit }).lean()
    assert.deepEqual(now?.startedAt, startedAt, `unit ${unit} was made again`)
  }
  assert.equal(
    await JobModel.countDocuments({ videoId, attempts: { $gt: 1 } }).setOptions({ sanitizeFilter: false }),
    0,
  )
})

// The last one: what is left of both films is given up with the services.
test('the first unit of a new video comes before the rest of an older one', async () => {
  await changeQueue({ paused: true })
  const older = await importClip(peekr, clip)
  await changeQueue({ paused: false })
  await until('the older one under way', () =>
    JobModel.exists({ videoId: older, kind: 'transcode', unit: '0-low', state: 'done' }),
  )
  const newer = await importClip(peekr, clip)
  await until('the newer one’s first unit', () =>
    JobModel.exists({ videoId: newer, unit: '0-low', state: 'done' }),
  )
  assert.equal(await VideoModel.countDocuments({ _id: older, state: 'transcoding' }), 1)
})
