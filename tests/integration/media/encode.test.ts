import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { isStreamablePath } from '#lib/domain/media-paths'
import type { SegmentFormat } from '#lib/domain/rendition'
import { parseMediaPlaylist } from '#lib/hls/media-playlist'
import { type Judged, judgeSource } from '../../support/judge-source.ts'
import { type ClipOptions, makeClip, runFfmpeg } from '../../support/make-clip.ts'

const run = promisify(execFile)
let folder = ''
let count = 0

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-encode-'))
})
after(() => rm(folder, { recursive: true, force: true }))

async function encodeClip(
  clip: Omit<ClipOptions, 'folder'>,
  segmentFormat?: SegmentFormat,
): Promise<Judged & { sourcePath: string }> {
  count += 1
  const outputPath = join(folder, `out-${count}`)
  const sourcePath = await makeClip({ folder, ...clip, name: `${count}-${clip.name ?? 'clip.mp4'}` })
  return { ...(await judgeSource(sourcePath, { outputPath, segmentFormat })), sourcePath }
}

interface Packets {
  times: number[]
  width?: number
  height?: number
  sampleAspectRatio?: string
  pixelFormat?: string
  rotation?: number
}

/** What ffprobe sees in a media playlist or file: presentation times in ascending order, and the picture's shape. */
async function readPackets(path: string, select: 'v' | 'a' = 'v'): Promise<Packets> {
  const entries = 'packet=pts_time:stream=width,height,sample_aspect_ratio,pix_fmt:stream_side_data=rotation'
  const args = ['-v', 'error', '-select_streams', select, '-show_entries', entries, '-of', 'json', path]
  const { stdout } = await run('/usr/bin/ffprobe', args, { maxBuffer: 64 << 20 })
  const { packets, streams } = JSON.parse(stdout)
  return {
    times: packets
      .map((packet: { pts_time: string }) => Number(packet.pts_time))
      .sort((a: number, b: number) => a - b),
    width: streams[0].width,
    height: streams[0].height,
    sampleAspectRatio: streams[0].sample_aspect_ratio,
    pixelFormat: streams[0].pix_fmt,
    rotation: streams[0].side_data_list?.[0]?.rotation,
  }
}

const playlist = ({ outputPath }: Judged, name: string) => join(outputPath, name, 'media.m3u8')

/** What holds for every encode: aligned segments, one timeline, picture and sound together, only streamable files. */
async function assertSound(judged: Judged, seconds: number): Promise<void> {
  const { encoded, outputPath } = judged
  assert.ok(
    Math.abs(encoded.durationSeconds - seconds) <= 0.1,
    `${encoded.durationSeconds} s instead of ${seconds}`,
  )
  const files = await readdir(outputPath, { recursive: true, withFileTypes: true })
  for (const file of files.filter((entry) => entry.isFile())) {
    const path = join(file.parentPath, file.name).slice(outputPath.length + 1)
    assert.ok(isStreamablePath(path), path)
  }
  const lengths = await Promise.all(
    encoded.renditions.map(async ({ name }) =>
      parseMediaPlaylist(await readFile(playlist(judged, name), 'utf8')).segments.map((segment) =>
        segment.durationSeconds.toFixed(3),
      ),
    ),
  )
  for (const list of lengths) assert.deepEqual(list, lengths[0])
  const top = await readPackets(playlist(judged, encoded.renditions[0]?.name ?? ''))
  assert.equal(top.times.length, encoded.frameCount)
  assert.equal(top.times[0], 10)
  if (!encoded.audio) return
  const audio = await readPackets(playlist(judged, 'audio'), 'a')
  // The encoder's priming packet of 1,024 samples comes first.
  assert.ok(Math.abs((audio.times[0] ?? 0) - 10) < 0.022, `sound starts at ${audio.times[0]}`)
}

// Each waits for a dozen short runs of FFmpeg, mostly for their start.
describe('a whole encode', { concurrency: 3 }, () => {
  for (const format of ['fmp4', 'ts'] as const) {
    test(`${format}: sound and picture keep together, segments are aligned, every frame is there once`, async () => {
      const judged = await encodeClip({ seconds: 9, width: 640, height: 480 }, format)
      await assertSound(judged, 9)
      assert.deepEqual(
        judged.encoded.renditions.map(({ name }) => name),
        ['480p', '360p', '240p'],
      )
      assert.equal(judged.encoded.frameCount, 270)
      assert.equal(judged.frameShare, 1)
      const text = await readFile(playlist(judged, '480p'), 'utf8')
      assert.match(text, format === 'ts' ? /segment-00002\.ts/ : /EXT-X-MAP:URI="init\.mp4"/)
    })

    test(`${format}: a variable frame rate keeps every frame's time`, async () => {
      const judged = await encodeClip({ seconds: 6, variableFrameRate: true }, format)
      await assertSound(judged, 5.98)
      const source = await readPackets(judged.sourcePath)
      const made = await readPackets(playlist(judged, '240p'))
      assert.deepEqual(
        made.times.map((time) => (time - 10).toFixed(3)),
        source.times.map((time) => time.toFixed(3)),
      )
    })
  }

  test("our media playlist is FFmpeg's own, but for the last segment's true length", async () => {
    const path = await makeClip({ folder, name: 'golden.mp4', seconds: 6, audio: null })
    const own = join(folder, 'golden')
    const judged = await judgeSource(path, { outputPath: own })
    const { segments } = parseMediaPlaylist(await readFile(playlist(judged, '240p'), 'utf8'))
    const remux = [
      '-i',
      playlist(judged, '240p'),
      '-c',
      'copy',
      '-f',
      'hls',
      '-hls_time',
      '2',
      '-hls_playlist_type',
      'vod',
    ]
    const flags = ['-hls_flags', 'independent_segments', '-hls_segment_type', 'fmp4']
    await runFfmpeg([
      ...remux,
      ...flags,
      '-hls_segment_filename',
      join(folder, 'segment-%05d.m4s'),
      join(folder, 'theirs.m3u8'),
    ])
    const theirs = await readFile(join(folder, 'theirs.m3u8'), 'utf8')
    const ours = await readFile(playlist(judged, '240p'), 'utf8')
    const withoutLast = (text: string) => text.replace(/#EXTINF:[\d.]+,(?=\nsegment-00001)/, '#EXTINF')
    assert.equal(withoutLast(ours), withoutLast(theirs))
    assert.equal(segments[1]?.durationSeconds.toFixed(2), '4.00')
  })

  test('a phone held upright comes out upright, with no rotation left to apply twice', async () => {
    const judged = await encodeClip({ width: 640, height: 360, rotation: 90 })
    await assertSound(judged, 2)
    for (const { name, width, height } of judged.encoded.renditions) {
      const made = await readPackets(playlist(judged, name))
      assert.deepEqual([made.width, made.height], [width, height])
      assert.ok(height > width)
      assert.equal(made.sampleAspectRatio, '1:1')
      assert.equal(made.rotation, undefined)
    }
  })

  test('a silent clip has no audio rendition and no audio group', async () => {
    const judged = await encodeClip({ audio: null })
    await assertSound(judged, 2)
    assert.equal(judged.encoded.audio, null)
    assert.doesNotMatch(await readFile(join(judged.outputPath, 'multivariant.m3u8'), 'utf8'), /AUDIO/)
  })

  test('odd sides and 4:4:4 become even and 4:2:0', async () => {
    const clip = {
      width: 321,
      height: 241,
      pixelFormat: 'gbrp',
      video: 'ffv1',
      name: 'odd.mkv',
      audio: 'flac',
    } as const
    const judged = await encodeClip(clip)
    await assertSound(judged, 2)
    const made = await readPackets(playlist(judged, '240p'))
    assert.deepEqual([made.width, made.height, made.pixelFormat], [320, 240, 'yuv420p'])
  })

  test('ten bits with HDR colours become eight', async () => {
    const hdr = ['-color_trc', 'smpte2084', '-colorspace', 'bt2020nc', '-color_primaries', 'bt2020']
    const judged = await encodeClip({ pixelFormat: 'yuv420p10le', video: 'libx265', extra: hdr })
    await assertSound(judged, 2)
    const made = await readPackets(playlist(judged, '240p'))
    assert.equal(made.pixelFormat, 'yuv420p')
  })

  for (const name of ['late.mp4', 'late.ts']) {
    test(`sound that starts a second late keeps its distance from the picture: ${name}`, async () => {
      const judged = await encodeClip({ name, audioDelaySeconds: 1, seconds: 3 })
      const loud = await findLoudFrom(playlist(judged, 'audio'))
      assert.ok(Math.abs(loud - 1) < 0.1, `heard from ${loud}`)
    })
  }

  test('a picture that starts a second late shows its first frame until then, and stays with the sound', async () => {
    const judged = await encodeClip({
      audioDelaySeconds: -1,
      seconds: 3,
      extra: ['-fps_mode', 'passthrough'],
    })
    const { times } = await readPackets(playlist(judged, '240p'))
    assert.equal(judged.probe.video?.startSeconds, 1)
    assert.equal(times.length, 90)
    assert.equal(times[0], 10)
    assert.ok(Math.abs((times[1] ?? 0) - 11.033) < 0.01, `second frame at ${times[1]}`)
    assert.equal(await findLoudFrom(playlist(judged, 'audio')), 0)
  })

  test('slow motion at 120 frames a second is served at 60', async () => {
    const judged = await encodeClip({ frameRate: 120, audio: null })
    await assertSound(judged, 2)
    assert.equal(judged.encoded.frameCount, 120)
  })

  test('interlaced anamorphic film becomes square pixels in full frames', async () => {
    const flags = ['-flags', '+ilme+ildct', '-aspect', '16:9']
    const clip = {
      name: 'film.mpg',
      video: 'mpeg2video',
      audio: 'libmp3lame',
      width: 720,
      height: 576,
      frameRate: 25,
    } as const
    const judged = await encodeClip({ ...clip, extra: flags })
    await assertSound(judged, 2)
    assert.deepEqual([judged.encoded.renditions[0]?.width, judged.encoded.renditions[0]?.height], [1024, 576])
  })
})

/** When silence ends, in seconds from the beginning. */
async function findLoudFrom(path: string): Promise<number> {
  const args = [
    '-hide_banner',
    '-nostdin',
    '-i',
    path,
    '-af',
    'silencedetect=noise=-40dB:d=0.2',
    '-f',
    'null',
    '-',
  ]
  const { stderr } = await run('/usr/bin/ffmpeg', args)
  const start = /silence_start: (-?[\d.]+)/.exec(stderr)?.[1]
  const end = /silence_end: (-?[\d.]+)/.exec(stderr)?.[1]
  return start !== undefined && Number(start) < 0.1 ? Number(end) : 0
}
