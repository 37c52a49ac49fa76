import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CopyRefused } from '#lib/domain/copy-refusal'
import { segmentName, segmentPattern } from '#lib/domain/media-paths'
import type { SourceProbe } from '#lib/domain/source-probe'
import { readPictureTimes, TICKS_PER_SECOND } from '#lib/hls/read-picture-times'
import { type Continuity, renumberPackets } from '#lib/hls/renumber-packets'
import { buildInputGuard } from '#lib/media/allowed-formats'
import type { MediaTools } from '#lib/media/media-tools'
import { requireUndisturbed, runFfmpeg } from '#lib/media/run-ffmpeg'
import type { Copy } from '#lib/transcode/copy/plan-copy'
import type { IndexedSource } from '#lib/transcode/copy/remux-source'
import { TIMELINE_START_SECONDS } from '#lib/transcode/plan-encode'

/** Times are rounded once on either way. */
const TOLERANCE_TICKS = 2
const DEADLINE_MS = { base: 120_000, perSegment: 2_000 }
/** Linux takes no longer argument than 128 KiB: some three hours of key frames 2 s apart. */
const TIMES_LENGTH_MAX = 100_000

/**
 * Writes the copied picture as transport stream segments: FFmpeg copies it, in the sandbox, and cuts it where the plan says; then
 * every picture of every segment is held to the time the index gives it. Packets are numbered on from segment to segment.
 * @throws CopyRefused when FFmpeg cut or timed anything otherwise; cancelled, disk_full, encode_failed when it was killed
 */
export async function writeTransport(options: {
  copy: Copy
  source: IndexedSource
  workPath: string
  /** The rung's folder. */
  folder: string
  tools: MediaTools
  signal?: AbortSignal
  onSegment: (count: number) => void
}): Promise<void> {
  const { copy, source, workPath, folder, tools, signal, onSegment } = options
  const made = join(workPath, 'transport')
  await rm(made, { recursive: true, force: true })
  await mkdir(made)
  const result = await runFfmpeg({
    tools,
    inputPath: source.path,
    outputPath: made,
    buildArguments: ({ input, output }) => planTransport(input, output, source.probe, copy.plan.boundaries),
    pixels: 0,
    deadlineMs: DEADLINE_MS.base + DEADLINE_MS.perSegment * copy.segments.length,
    signal,
  })
  requireUndisturbed(result)
  if (result.reason !== null || result.counts.errors > 0)
    throw new CopyRefused('container', `copying: ${result.reason ?? result.log.at(-1)}`)
  const continuity: Continuity = {}
  for (const index of copy.segments.keys()) {
    const name = segmentName('ts', index)
    const segment = await readFile(join(made, name)).catch(() => Buffer.alloc(0))
    requireTimes(copy, index, segment)
    renumberPackets(segment, continuity)
    await writeFile(join(made, name), segment)
    await rename(join(made, name), join(folder, name))
    onSegment(index + 1)
  }
  await rm(made, { recursive: true, force: true })
}

/** Pure. The muxer compares the times it writes, so those it cuts at are on Peekr's timeline. */
export function planTransport(
  inputPath: string,
  outputPath: string,
  { video, startSeconds }: SourceProbe,
  boundaries: readonly number[],
): string[] {
  const times = boundaries.slice(1).map((at) => (TIMELINE_START_SECONDS + at).toFixed(6))
  if (times.join().length > TIMES_LENGTH_MAX) throw new CopyRefused('too_long', `${times.length} segments`)
  const late = (video?.startSeconds ?? 0) - (startSeconds ?? 0)
  // The muxer gives this filter ticks, and no time base to reckon with.
  const lateTicks = Math.round(late * TICKS_PER_SECOND)
  const first = (time: string) => `if(eq(N,0),${time}-${lateTicks},${time})`
  return [
    ...buildInputGuard(),
    ...['-copyts', '-start_at_zero', '-i', `file:${inputPath}`],
    ...['-map', `0:${video?.streamIndex ?? 0}`, '-map_metadata', '-1', '-map_chapters', '-1', '-c', 'copy'],
    // A picture that starts late is shown from the beginning, as in the encoded sizes.
    ...(lateTicks > 0 ? ['-bsf:v', `setts=pts='${first('PTS')}':dts='${first('DTS')}'`] : []),
    ...['-output_ts_offset', String(TIMELINE_START_SECONDS), '-muxdelay', '0', '-muxpreload', '0'],
    ...['-f', 'segment', '-segment_format', 'mpegts', '-segment_time_delta', '0'],
    ...(times.length > 0 ? ['-segment_times', times.join()] : ['-segment_time', '100000']),
    `${outputPath}/${segmentPattern('ts')}`,
  ]
}

function requireTimes({ segments, pictures }: Copy, index: number, segment: Buffer): void {
  const { from, to } = segments[index] as Copy['segments'][number]
  const wanted = pictures.showTicks.slice(from, to).sort()
  const times = readPictureTimes(segment, 'ts')
  const start = TIMELINE_START_SECONDS * TICKS_PER_SECOND
  const isExact = (time: number, at: number) =>
    Math.abs(time - start - (wanted[at] ?? Number.NaN)) <= TOLERANCE_TICKS
  if (times.length === wanted.length && times.every(isExact)) return
  throw new CopyRefused('irregular', `segment ${index} as a transport stream`)
}
