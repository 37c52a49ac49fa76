import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { BuildModel } from '#lib/db/models/build'
import { JobModel } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { parseMediaPlaylist } from '#lib/hls/media-playlist'
import { getLibrary } from '#lib/jobs/library'
import { makeClip } from '../../support/make-clip.ts'
import {
  getJobOf,
  importClip,
  namesIn,
  openPipelineTest,
  type PipelineTest,
  until,
  waitForEnd,
} from '../../support/pipeline-test.ts'

const run = promisify(execFile)
const KEYS = ['-g', '30', '-preset', 'veryfast']
let pipeline: PipelineTest
let folder = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-copy-life-'))
  pipeline = await openPipelineTest()
  await pipeline.start()
})
after(async () => {
  await pipeline.close()
  await rm(folder, { recursive: true, force: true })
})

async function readVideo(videoId: string) {
  const video = await waitForEnd(videoId)
  assert.equal(video.state, 'ready', JSON.stringify(video.failure))
  assert.ok(video.revision)
  const path = (await getLibrary()).revisionPath(videoId, video.revision.id)
  const playlists = await Promise.all(
    video.revision.renditions.map(async ({ name }) =>
      parseMediaPlaylist(await readFile(join(path, name, 'media.m3u8'), 'utf8')),
    ),
  )
  return { video, revision: video.revision, path, playlists }
}

async function hashPackets(path: string, kind: 'v' | 'a'): Promise<string[]> {
  const args = [
    '-v',
    'error',
    '-select_streams',
    kind,
    '-show_packets',
    '-show_data_hash',
    'md5',
    '-of',
    'json',
    path,
  ]
  const { stdout } = await run('/usr/bin/ffprobe', args, { maxBuffer: 64 << 20 })
  return JSON.parse(stdout).packets.map((packet: { data_hash: string }) => packet.data_hash)
}

/** What FFmpeg complains about, and how many frames it gets. */
async function decode(path: string): Promise<{ complaints: string; frames: number }> {
  const { stdout, stderr } = await run('/usr/bin/ffmpeg', [
    ...['-hide_banner', '-nostdin', '-v', 'error', '-err_detect', 'crccheck+bitstream+buffer+explode'],
    ...['-copyts', '-i', path, '-map', '0:v', '-fps_mode', 'passthrough', '-enc_time_base', '1:90000'],
    ...['-progress', 'pipe:1', '-f', 'null', '-'],
  ])
  return { complaints: stderr, frames: Number([...stdout.matchAll(/frame=(\d+)/g)].at(-1)?.[1] ?? 0) }
}

test('a fitting source is copied at the top, and the smaller sizes are cut at the very same pictures', async () => {
  const path = await makeClip({ folder, name: 'fits.mp4', seconds: 10, width: 640, height: 360, extra: KEYS })
  const videoId = await importClip(pipeline, path)
  const { revision, path: revisionPath, playlists, video } = await readVideo(videoId)
  assert.deepEqual(revision.renditions.map(({ name }) => name), ['360p', '240p']) // biome-ignore format: a line
  const lengths = playlists.map(({ segments }) =>
    segments.map(({ durationSeconds }) => durationSeconds.toFixed(3)),
  )
  assert.deepEqual(lengths[0], ['2.000', '4.000', '4.000'])
  assert.deepEqual(lengths[1], lengths[0])
  for (const { name } of revision.renditions)
    assert.deepEqual(await decode(join(revisionPath, name, 'media.m3u8')), { complaints: '', frames: 300 })
  assert.deepEqual(
    await hashPackets(join(revisionPath, '360p', 'media.m3u8'), 'v'),
    await hashPackets(path, 'v'),
  )
  assert.deepEqual(
    await hashPackets(join(revisionPath, 'audio', 'media.m3u8'), 'a'),
    await hashPackets(path, 'a'),
  )
  assert.ok(Math.abs((video.durationSeconds ?? 0) - 10) < 0.05)
  assert.match(
    (await getJobOf(videoId, 'plan')).encoder ?? '',
    /^The picture and the sound are copied as they came/,
  )
  assert.equal(await JobModel.exists({ videoId, kind: 'sound' }), null)
  assert.match(await readFile(join(revisionPath, 'multivariant.m3u8'), 'utf8'), /CHANNELS="1"/)
})

test('the whole of it plays while the smaller sizes are still being encoded', async () => {
  const path = await makeClip({
    folder,
    name: 'long.mp4',
    seconds: 12,
    width: 960,
    height: 540,
    extra: KEYS,
  })
  const videoId = await importClip(pipeline, path)
  const early = await until('the whole video to be playable', async () => {
    const video = await VideoModel.findById(videoId).lean()
    const seconds = video?.revision?.growing?.availableSeconds ?? 0
    return video?.state === 'transcoding' && video.playable && seconds > 11.9 && video.revision
  })
  const build = await BuildModel.findOne({ videoId }).lean()
  assert.ok((build?.lanes.low.unit ?? 0) < (build?.plan.units.length ?? 0))
  const revisionPath = (await getLibrary()).revisionPath(videoId, early.id)
  assert.deepEqual(early.renditions.map(({ name }) => name), ['540p']) // biome-ignore format: a line
  await until('the playlist to be closed', async () =>
    (await readFile(join(revisionPath, '540p', 'media.m3u8'), 'utf8')).includes('#EXT-X-ENDLIST'),
  )
  assert.deepEqual(await decode(join(revisionPath, '540p', 'media.m3u8')), { complaints: '', frames: 360 })
  const { revision, playlists } = await readVideo(videoId)
  assert.equal(revision.id, early.id)
  assert.deepEqual(revision.renditions.map(({ name }) => name), ['540p', '480p', '360p', '240p']) // biome-ignore format: a line
  for (const { segments } of playlists) assert.equal(segments.length, playlists[0]?.segments.length)
})

test('a source that is damaged inside is encoded after all, under another revision', async () => {
  const path = await makeClip({
    folder,
    name: 'damaged.mp4',
    seconds: 8,
    width: 640,
    height: 360,
    extra: KEYS,
  })
  const bytes = await readFile(path)
  const { stdout } = await run('/usr/bin/ffprobe', [
    ...['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=pos,size', '-of', 'csv=p=0', path],
  ])
  const [position = 0, size = 0] = (stdout.split('\n')[151] ?? '')
    .split(',')
    .map(Number)
    .sort((a, b) => b - a)
  bytes.fill(0xa5, position + 12, position + size - 4)
  await writeFile(path, bytes)
  const videoId = await importClip(pipeline, path)
  const { revision, playlists } = await readVideo(videoId)
  assert.equal(revision.renditions.length, 2)
  assert.match(
    (await getJobOf(videoId, 'plan')).encoder ?? '',
    /encoded after all, not copied: the source is damaged/,
  )
  assert.equal(playlists[0]?.segments.length, playlists[1]?.segments.length)
})

test('Matroska is copied into transport streams, with the smaller sizes cut at the same pictures', async () => {
  pipeline.configure({ PEEKR_SEGMENT_FORMAT: 'ts' })
  const path = await makeClip({ folder, name: 'a.mkv', seconds: 8, width: 640, height: 360, extra: KEYS })
  const videoId = await importClip(pipeline, path)
  const { revision, path: revisionPath, playlists } = await readVideo(videoId)
  assert.match((await getJobOf(videoId, 'plan')).encoder ?? '', /^The picture is copied as it came/)
  assert.deepEqual(revision.renditions.map(({ name }) => name), ['360p', '240p']) // biome-ignore format: a line
  const lengths = playlists.map(({ segments }) =>
    segments.map(({ durationSeconds }) => durationSeconds.toFixed(2)),
  )
  assert.deepEqual(lengths[0], lengths[1])
  for (const { name } of revision.renditions)
    assert.deepEqual(await decode(join(revisionPath, name, 'media.m3u8')), { complaints: '', frames: 240 })
  assert.deepEqual(await namesIn((await getLibrary()).unitPath(videoId, revision.id, 'remuxed')), [])
})
