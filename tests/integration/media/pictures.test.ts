import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { isStreamablePath } from '#lib/domain/media-paths'
import type { SourceProbe } from '#lib/domain/source-probe'
import { planStoryboard } from '#lib/media/pictures/plan-storyboard'
import { surveySource } from '#lib/media/pictures/survey-source'
import { type PicturesResult, writePictures } from '#lib/media/pictures/write-pictures'
import { probeSource } from '#lib/media/probe-source'
import { findProcesses, TOOLS } from '../../support/judge-source.ts'
import { makeClip, runFfmpeg } from '../../support/make-clip.ts'
import { requireTestMedia } from '../../support/media.ts'

const run = promisify(execFile)
let folder = ''
let count = 0

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-pictures-'))
})
after(() => rm(folder, { recursive: true, force: true }))

/** A probe of many frames a second, so that a small clip is not taken for one that is decoded whole anyway. */
async function probeAsLong(path: string): Promise<SourceProbe> {
  const probe = await probeSource(path, TOOLS)
  return { ...probe, video: probe.video && { ...probe.video, frameRate: 1000 } }
}

async function makePictures(
  path: string,
  given?: SourceProbe,
): Promise<{ result: PicturesResult; outputPath: string }> {
  count += 1
  const outputPath = join(folder, `out-${count}`)
  await mkdir(outputPath)
  const probe = given ?? (await probeSource(path, TOOLS))
  const result = await writePictures({ sourcePath: path, outputPath, probe, tools: TOOLS })
  return { result, outputPath }
}

/** The mean colour of a picture's part, as R, G, B. */
async function readColor(path: string, crop = 'null'): Promise<number[]> {
  const filters = `${crop},scale=1:1:flags=area,format=rgb24`
  const args = ['-v', 'error', '-i', path, '-frames:v', '1', '-vf', filters, '-f', 'rawvideo', '-']
  const { stdout } = await run('/usr/bin/ffmpeg', args, { encoding: 'buffer' })
  return [...stdout]
}

interface Shape {
  width: number
  height: number
  frames: number
  streams: string[]
  seconds: number
}

async function readShape(path: string): Promise<Shape> {
  const args = ['-v', 'error', '-count_frames', '-show_streams', '-show_format', '-of', 'json', path]
  const { streams, format } = JSON.parse((await run('/usr/bin/ffprobe', args)).stdout)
  const { width, height, nb_read_frames: frames } = streams[0]
  const kinds = streams.map(({ codec_type }: { codec_type: string }) => codec_type)
  return { width, height, frames: Number(frames), streams: kinds, seconds: Number(format.duration) }
}

/** Cues of a storyboard: when, and which part of which sprite as FFmpeg's crop. */
async function readCues(
  outputPath: string,
): Promise<{ from: number; to: number; sprite: string; crop: string }[]> {
  const text = await readFile(join(outputPath, 'storyboard.vtt'), 'utf8')
  const seconds = (time = '') => time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  const cues = text.matchAll(/^(\S+) --> (\S+)\n(.+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm)
  return [...cues].map(([, from, to, sprite = '', x, y, w, h]) => ({
    ...{ from: seconds(from), to: seconds(to), sprite, crop: `crop=${w}:${h}:${x}:${y}` },
  }))
}

/** A clip of 640 × 360 whose colour says what time it is, with a key frame every `keySeconds`. */
async function makeColors(seconds: number, keySeconds: number, extra: string[] = []): Promise<string> {
  count += 1
  const path = join(folder, `colors-${count}.mp4`)
  const source = `color=black:size=32x18:rate=10:duration=${seconds},format=gbrp,geq=r='mod(floor(T/2)*40,240)':g='255-mod(floor(T/2)*40,240)':b=128`
  const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-sc_threshold', '0']
  const colors = ['-vf', 'scale=out_color_matrix=bt709:out_range=tv', '-colorspace', 'bt709']
  const keys = ['-g', String(10 * keySeconds), '-keyint_min', String(10 * keySeconds)]
  const large = `${source},scale=640:360:flags=neighbor`
  await runFfmpeg(['-f', 'lavfi', '-i', large, ...colors, ...codec, ...keys, ...extra, '-y', path])
  return path
}

test('the poster skips black, blank and blurred beginnings', async () => {
  const path = join(folder, 'dull-start.mp4')
  const graph = [
    'color=black:size=640x360:rate=25:duration=3[black]',
    'color=0x808080:size=640x360:rate=25:duration=3[blank]',
    'testsrc2=size=640x360:rate=25:duration=3,gblur=sigma=24[blurred]',
    'testsrc2=size=640x360:rate=25:duration=3[sharp]',
    'color=white:size=640x360:rate=25:duration=3[white]',
    '[black][blank][blurred][sharp][white]concat=n=5,format=yuv420p[out]',
  ].join(';')
  await runFfmpeg(['-filter_complex', graph, '-map', '[out]', '-preset', 'ultrafast', '-y', path])
  const { result, outputPath } = await makePictures(path)
  assert.deepEqual(result, { poster: true, storyboard: true, hover: true, log: [] })
  const poster = join(outputPath, 'poster.jpg')
  assert.deepEqual(await readShape(poster).then(({ width, height }) => [width, height]), [640, 360])
  // blurdetect: 2 to 3 for the test pattern, far above for its blurred form.
  const args = ['-v', 'info', '-i', poster, '-vf', 'blurdetect', '-f', 'null', '-']
  const blur = Number(/blur mean: ([\d.]+)/.exec((await run('/usr/bin/ffmpeg', args)).stderr)?.[1])
  assert.ok(blur < 6, `a sharp poster: ${blur}`)
  const [red = 0, green = 0, blue = 0] = await readColor(poster)
  assert.ok(Math.max(red, green, blue) < 200 && Math.max(red, green, blue) > 60, 'neither white nor black')
})

for (const [name, seconds, keySeconds] of [
  ['by key frames alone', 40, 4],
  ['decoded whole where key frames are sparse', 40, 20],
  ['decoded whole where it is short', 12, 12],
] as const) {
  test(`every tile of a storyboard shows its own moment (${name})`, async () => {
    const path = await makeColors(seconds, keySeconds)
    const probe = seconds > 12 ? await probeAsLong(path) : undefined
    const { result, outputPath } = await makePictures(path, probe)
    assert.ok(result.storyboard, result.log.join('\n'))
    const cues = await readCues(outputPath)
    assert.equal(cues[0]?.from, 0)
    assert.ok(Math.abs((cues.at(-1)?.to ?? 0) - seconds) < 0.2)
    for (const [index, { from, to, sprite, crop }] of cues.entries()) {
      if (index > 0) assert.equal(from, cues[index - 1]?.to, 'no moment without a picture')
      assert.ok(to - from <= (keySeconds === 4 ? 4.01 : 2.3), `${from} to ${to}`)
      // Some, spread over all: each look costs a process.
      if (index % 7 !== 0) continue
      const wanted = (Math.floor(from / 2 + 1e-6) * 40) % 240
      const [red = 0, green = 0, blue = 0] = await readColor(join(outputPath, sprite), crop)
      const shown = `${red},${green},${blue} at ${from}`
      assert.ok(Math.abs(red - wanted) <= 8 && Math.abs(green - (255 - wanted)) <= 8, shown)
      assert.ok(Math.abs(blue - 128) <= 8, shown)
    }
  })
}

test('the hover clip is a few seconds of silent H.264 that starts at once, small, and upright when the video is', async () => {
  const path = await makeClip({
    folder,
    name: 'turned.mp4',
    seconds: 20,
    width: 1280,
    height: 720,
    rotation: 90,
  })
  const { result, outputPath } = await makePictures(path)
  assert.ok(result.hover, result.log.join('\n'))
  const clip = join(outputPath, 'hover.mp4')
  const { width, height, streams, seconds, frames } = await readShape(clip)
  assert.deepEqual([width, height, streams], [270, 480, ['video']])
  assert.ok(seconds >= 3.5 && seconds <= 4.5 && frames >= 50, `${seconds} s, ${frames} frames`)
  assert.ok((await stat(clip)).size < 400_000)
  const content = await readFile(clip, 'latin1')
  assert.ok(content.indexOf('moov') < content.indexOf('mdat'), 'playable from its first bytes')
  const tall = await readShape(join(outputPath, 'poster.jpg'))
  assert.deepEqual([tall.width, tall.height], [720, 1280])
})

for (const name of ['cup.mp4', 'box.mp4', 'vtest.avi'] as const) {
  test(`${name} has all its pictures, and the folder holds nothing but what may be streamed`, async () => {
    const { result, outputPath } = await makePictures(await requireTestMedia(name, folder))
    assert.deepEqual(result, { poster: true, storyboard: true, hover: true, log: [] })
    for (const file of await readdir(outputPath)) assert.ok(isStreamablePath(file), file)
  })
}

test('a frame, a still, a file of a few bytes: what can be made is made, the rest is named', async () => {
  const single = await makeClip({ folder, name: 'single.mp4', seconds: 0.04, frameRate: 25, audio: null })
  const { result } = await makePictures(single)
  assert.ok(result.poster && result.storyboard, result.log.join('\n'))
  const whole = await readFile(await makeClip({ folder, name: 'whole.mkv', seconds: 10, video: 'mpeg4' }))
  const cut = join(folder, 'cut.mkv')
  await writeFile(cut, whole.subarray(0, Math.floor(whole.length / 3)))
  assert.ok((await makePictures(cut)).result.poster)
})

test('ten bits, 4:4:4 and full range come out as ordinary pictures', async () => {
  for (const pixelFormat of ['yuv420p10le', 'yuv444p', 'yuvj420p']) {
    const { result } = await makePictures(await makeClip({ folder, name: `${pixelFormat}.mp4`, pixelFormat }))
    assert.deepEqual(result, { poster: true, storyboard: true, hover: true, log: [] })
  }
})

test('a storyboard of a long source reads key frames only', async () => {
  const path = await makeColors(40, 4)
  const { video } = await probeAsLong(path)
  assert.ok(video)
  const outputPath = join(folder, 'survey')
  await mkdir(outputPath)
  const source = { sourcePath: path, outputPath, tools: TOOLS, video, durationSeconds: 40, exactColors: true }
  const { scenes } = await surveySource(source, planStoryboard(video, 40))
  assert.deepEqual(
    scenes.map(({ timeSeconds }) => timeSeconds),
    [0, 4, 8, 12, 16, 20, 24, 28, 32, 36],
  )
})

test('making pictures can be cancelled, and leaves no process', async () => {
  const path = await makeColors(40, 20)
  const probe = await probeSource(path, TOOLS)
  const outputPath = join(folder, 'cancelled')
  await mkdir(outputPath)
  const controller = new AbortController()
  const work = writePictures({ sourcePath: path, outputPath, probe, tools: TOOLS, signal: controller.signal })
  setTimeout(() => controller.abort(), 250)
  await assert.rejects(work, { code: 'cancelled' })
  assert.deepEqual(await findProcesses(outputPath), [])
})
