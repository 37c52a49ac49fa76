import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ContentMeasure } from '#lib/domain/content-measure'
import type { LadderRung } from '#lib/domain/rendition'
import type { SourceProbe, SourceVideo } from '#lib/domain/source-probe'
import { buildInputGuard } from '#lib/media/allowed-formats'
import { MEDIA_LIMITS } from '#lib/media/media-limits'
import type { MediaTools } from '#lib/media/media-tools'
import { runFfmpeg } from '#lib/media/run-ffmpeg'
import { DEFAULT_LADDER } from '#lib/transcode/plan-ladder'
import { SEGMENT_SECONDS } from '#lib/transcode/plan-units'

/** Pictures a sample: enough for the encoder to show what movement costs, few enough to be done in half a second. */
const SAMPLE_FRAMES = 16
/** Where in the film, as shares of its length; its very beginning and end are often black. */
const SAMPLE_SHARES = [0.15, 0.5, 0.8]
/** Shorter films are sampled once, in the middle. */
const APART_SECONDS_MIN = 6
/** This and no more is worth waiting for; then the usual caps hold. */
const DEADLINE_MS = 8_000
/** Enough to see what a picture takes, little enough to be quick. */
const SHORT_SIDE_MAX = 360

export interface ContentRequest {
  sourcePath: string
  /** An empty folder. */
  outputPath: string
  probe: SourceProbe
  /** What is to be made of it, largest first. */
  ladder: readonly LadderRung[]
  tools: MediaTools
  signal?: AbortSignal
}

/**
 * Encodes a few pictures from three places of a source at a small size, at the wanted quality without a cap. Never throws;
 * null when nothing could be measured in time. What it writes is for the caller to remove.
 */
export async function measureContent(request: ContentRequest): Promise<ContentMeasure | null> {
  const { probe, ladder, outputPath } = request
  const { video } = probe
  const rung = ladder.find(({ width, height }) => Math.min(width, height) <= SHORT_SIDE_MAX) ?? ladder.at(-1)
  if (video === null || rung === undefined) return null
  const places = planSamples(probe.durationSeconds)
  const { reason } = await runFfmpeg({
    ...{ tools: request.tools, inputPath: request.sourcePath, outputPath, signal: request.signal },
    buildArguments: ({ input, output }) => planContentProbe({ input, output, places, rung, video }),
    pixels: video.codedWidth * video.codedHeight,
    deadlineMs: DEADLINE_MS,
  })
  if (reason !== null) return null
  const samples = await Promise.all(places.map((_, at) => readSizes(join(outputPath, nameSample(at)))))
  const rates = samples.flatMap((sizes) => estimateBitrate(sizes, video.frameRate) ?? [])
  return rates.length === 0 ? null : { pixels: rung.width * rung.height, bitrateBps: Math.max(...rates) }
}

/** Where to look, in seconds. Pure. */
export function planSamples(durationSeconds: number | null): number[] {
  if (durationSeconds === null) return [0]
  const shares = durationSeconds < APART_SECONDS_MIN ? [0.3] : SAMPLE_SHARES
  return shares.map((share) => durationSeconds * share)
}

/** FFmpeg's arguments: each place of the source as an input and an encode of its own. Pure. */
export function planContentProbe(plan: {
  input: string
  output: string
  places: readonly number[]
  rung: LadderRung
  video: SourceVideo
}): string[] {
  const { input, output, places, rung, video } = plan
  const inputs = places.flatMap((at) => [
    ...buildInputGuard(),
    ...['-err_detect', 'ignore_err', '-max_pixels', String(MEDIA_LIMITS.pixelsMax)],
    // From the key frame before: decoding up to an exact time would be for nothing.
    ...['-noaccurate_seek', '-ss', at.toFixed(3), '-i', `file:${input}`],
  ])
  const outputs = places.flatMap((_, at) => [
    ...['-map', `${at}:${video.streamIndex}`, '-frames:v', String(SAMPLE_FRAMES), '-fps_mode', 'passthrough'],
    ...['-vf', `scale=${rung.width}:${rung.height}:flags=bicubic,format=yuv420p`],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', String(rung.crf ?? DEFAULT_LADDER.crf)],
    // Only the first is a key frame: what follows shows what changes cost.
    ...['-g', '1000', '-sc_threshold', '0', '-f', 'framecrc', `${output}/${nameSample(at)}`],
  ])
  return [...inputs, ...outputs]
}

/** Bits a second of pictures of these sizes, if a segment begins with the first and the others go on like the rest. Pure. */
export function estimateBitrate(sizes: readonly number[], frameRate: number | null): number | null {
  const [first, ...others] = sizes
  if (first === undefined || others.length === 0) return null
  const rate = Math.min(frameRate ?? 30, MEDIA_LIMITS.frameRateMax)
  const between = others.reduce((sum, size) => sum + size, 0) / others.length
  return (8 * (first + between * (rate * SEGMENT_SECONDS - 1))) / SEGMENT_SECONDS
}

const nameSample = (at: number) => `sample-${at}.txt`

/** The sizes of the packets, in the order they were encoded: stream, dts, pts, duration, size, checksum. */
async function readSizes(path: string): Promise<number[]> {
  const text = await readFile(path, 'utf8').catch(() => '') // nothing was encoded there
  const rows = text.split('\n').filter((row) => row !== '' && !row.startsWith('#'))
  return rows.map((row) => Number(row.split(',')[4])).filter((size) => size > 0)
}
