import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { STORYBOARD_SPRITE_PATTERN } from '#lib/domain/media-paths'
import type { SourceVideo } from '#lib/domain/source-probe'
import { buildInputGuard } from '#lib/media/allowed-formats'
import { buildJpegColors, buildStandardColors } from '#lib/media/color-filters'
import { MEDIA_LIMITS } from '#lib/media/media-limits'
import { measurePicture, type Picture } from '#lib/media/pictures/measure-picture'
import type { StoryboardPlan } from '#lib/media/pictures/plan-storyboard'
import type { PictureSource } from '#lib/media/pictures/write-pictures'
import { type FfmpegResult, requireUndisturbed, runFfmpeg } from '#lib/media/run-ffmpeg'

/** One place in the video and what it looks like there. */
export interface Scene extends Picture {
  timeSeconds: number
}

export interface Survey {
  /** In order of time, one a tile of the storyboard. */
  scenes: Scene[]
  /** Where the last picture ends, as far as is known. */
  endSeconds: number
  exactColors: boolean
  /** Only key frames were looked at. */
  onKeyFrames: boolean
  log: string[]
}

/** Sprites that are written while the pictures are only being looked at are gone afterwards; so is this. */
const FRAMES_FILE = 'survey.yuv'
const TIMES_FILE = 'survey.times'
/** Large enough to tell sharp from blurred, small enough to keep four hundred of them. */
const LOOK = { width: 256, height: 144 }
const FRAME_BYTES = (LOOK.width * LOOK.height * 3) / 2
const TICKS_PER_SECOND = 90_000
const DEADLINE_MS = { base: 120_000, perSecond: 4_000 }
/** A source this many times as wide as a tile shows none of its blocks there. */
const SMOOTH_ABOVE = 4

/** A quarter of a minute of 1080p: decoding it whole takes a second, and gives more than its few key frames. */
const CHEAP_PIXELS = 8e8
/** Sparse are key frames further apart than this, than an eighth of the video and than three tiles; libx264's default is 250 frames. */
const GAP_SECONDS_MAX = 12
const GAP_SHARE_MAX = 1 / 8
const GAP_TILES_MAX = 3

/**
 * Looks through the source once: writes the storyboard's sprites and measures every picture on them. Key frames only
 * are read and decoded, ten times faster than everything; a short source, and one whose key frames are too far apart or
 * not marked, is decoded whole.
 * @throws cancelled, disk_full
 */
export async function surveySource(source: PictureSource, plan: StoryboardPlan): Promise<Survey> {
  if (!isCheap(source)) {
    const survey = await surveyOnce(source, plan, { keyFramesOnly: true })
    if (survey.scenes.length > 0 && !isSparse(survey, plan)) return survey
  }
  return surveyOnce(source, plan, { keyFramesOnly: false })
}

async function surveyOnce(
  source: PictureSource,
  plan: StoryboardPlan,
  { keyFramesOnly }: { keyFramesOnly: boolean },
): Promise<Survey> {
  const result = await run(source, plan, keyFramesOnly)
  if (result.reason === 'filter_missing' && source.exactColors) {
    return surveyOnce({ ...source, exactColors: false }, plan, { keyFramesOnly })
  }
  requireUndisturbed(result)
  const { outputPath } = source
  const [frames, times] = await Promise.all([
    readFile(join(outputPath, FRAMES_FILE)).catch(() => Buffer.alloc(0)),
    readFile(join(outputPath, TIMES_FILE), 'utf8').catch(() => ''),
  ])
  await Promise.all([FRAMES_FILE, TIMES_FILE].map((name) => rm(join(outputPath, name), { force: true })))
  // A file that breaks off in the middle still has its beginning, so what there is counts and not the exit code.
  const scenes = parseTimes(times)
    .slice(0, Math.floor(frames.length / FRAME_BYTES))
    .map((timeSeconds, index) => ({
      timeSeconds,
      ...measurePicture(frames.subarray(index * FRAME_BYTES, (index + 1) * FRAME_BYTES), LOOK),
    }))
  const endSeconds = Math.max(source.durationSeconds ?? 0, (scenes.at(-1)?.timeSeconds ?? 0) + 0.1)
  return { scenes, endSeconds, exactColors: source.exactColors, onKeyFrames: keyFramesOnly, log: result.log }
}

function run(source: PictureSource, plan: StoryboardPlan, keyFramesOnly: boolean): Promise<FfmpegResult> {
  const { video, durationSeconds, tools, sourcePath, outputPath, signal, exactColors } = source
  return runFfmpeg({
    tools,
    inputPath: sourcePath,
    outputPath,
    buildArguments: ({ input, output }) =>
      buildSurveyArguments({ input, output, video, plan, exactColors, keyFramesOnly }),
    pixels: video.codedWidth * video.codedHeight,
    deadlineMs: DEADLINE_MS.base + DEADLINE_MS.perSecond * (durationSeconds ?? 3600),
    background: true,
    // Between two pictures of a long film lie minutes of it, all read, none reported.
    stallMs: 180_000,
    signal,
  })
}

/**
 * Pure. Made small first, so that colours and choice cost nothing; the times come from a muxer that writes them as text. Each
 * output has the same filters of its own: behind a filter graph that they share, FFmpeg 5.1 ignores `-discard`, reads every
 * frame to drop it, and takes nearly twice as long. The smoothing of a key frame’s blocks is left out where none is seen.
 */
export function buildSurveyArguments(survey: {
  input: string
  output: string
  video: SourceVideo
  plan: StoryboardPlan
  exactColors: boolean
  keyFramesOnly: boolean
}): string[] {
  const { input, output, video, plan, exactColors, keyFramesOnly } = survey
  const { tileWidth, tileHeight, columns, rows, intervalSeconds } = plan
  const often = (intervalSeconds * 0.98).toFixed(3)
  const look = [
    `select='isnan(prev_selected_t)+gte(t-prev_selected_t,${often})'`,
    ...buildStandardColors(video, `scale=${LOOK.width}:${LOOK.height}:flags=area`, exactColors),
    ...['format=yuv420p', 'setsar=1'],
  ]
  const tiles = [
    ...buildJpegColors(`scale=${tileWidth}:${tileHeight}:flags=bicubic`),
    `tile=${columns}x${rows}`,
  ]
  const show = (filters: string[]) => [
    ...['-map', `0:${video.streamIndex}`, '-vf', filters.join(','), '-fps_mode', 'passthrough'],
  ]
  const raw = ['-enc_time_base', `1:${TICKS_PER_SECOND}`, '-c:v', 'rawvideo']
  return [
    ...buildInputGuard(),
    ...['-err_detect', 'ignore_err', '-max_pixels', String(MEDIA_LIMITS.pixelsMax)],
    // The first keeps other frames from being read where the container has an index, the second from being decoded.
    ...(keyFramesOnly ? ['-discard', 'nokey', '-skip_frame', 'nokey'] : []),
    // Nothing is made from a key frame here, so no fault of its edges grows.
    ...(keyFramesOnly && video.codedWidth >= SMOOTH_ABOVE * tileWidth ? ['-skip_loop_filter', 'all'] : []),
    ...['-t', String(MEDIA_LIMITS.durationSecondsMax), '-an', '-sn', '-dn', '-i', `file:${input}`],
    ...[...show([...look, ...tiles]), ...buildJpeg(5)],
    ...['-f', 'image2', '-start_number', '0', '-y', `file:${output}/${STORYBOARD_SPRITE_PATTERN}`],
    ...[...show(look), ...raw, '-f', 'rawvideo', '-y', `file:${output}/${FRAMES_FILE}`],
    ...[...show(look), ...raw, '-f', 'framecrc', '-y', `file:${output}/${TIMES_FILE}`],
  ]
}

/** JPEG of full range. Without `unofficial` FFmpeg only takes a pixel format that it complains about. */
export function buildJpeg(quality: number): string[] {
  return ['-c:v', 'mjpeg', '-strict', 'unofficial', '-color_range', 'pc', '-q:v', String(quality)]
}

/** The third column of what FFmpeg's `framecrc` writes: the time of each picture. */
function parseTimes(text: string): number[] {
  return text
    .split('\n')
    .filter((line) => /^\d+,/.test(line))
    .map((line) => Math.max(0, Number(line.split(',')[2]) / TICKS_PER_SECOND))
}

function isCheap({ video, durationSeconds }: PictureSource): boolean {
  if (durationSeconds === null) return false
  return video.codedWidth * video.codedHeight * (video.frameRate ?? 30) * durationSeconds <= CHEAP_PIXELS
}

function isSparse({ scenes, endSeconds }: Survey, { intervalSeconds }: StoryboardPlan): boolean {
  const times = [0, ...scenes.map(({ timeSeconds }) => timeSeconds), endSeconds]
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
  const allowed = Math.min(GAP_SECONDS_MAX, GAP_SHARE_MAX * endSeconds)
  return Math.max(...gaps) > Math.max(allowed, GAP_TILES_MAX * intervalSeconds)
}
