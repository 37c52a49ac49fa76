import { MEDIA_PLAYLIST } from '#lib/domain/media-paths'
import { PeekrError } from '#lib/errors'
import type { FailureReason } from '#lib/media/classify-failure'
import type { MediaTools } from '#lib/media/media-tools'
import { buildOwnInputGuard } from '#lib/media/own-input-guard'
import { type FfmpegResult, requireSuccess, runFfmpeg } from '#lib/media/run-ffmpeg'

export interface DecodeRequest {
  /** The folder that holds the renditions' folders, each with its media playlist. */
  path: string
  folders: readonly string[]
  /** Another name of that playlist. */
  playlist?: string
  /** Whether it goes on beside something larger: then one thread does it, which is least work. */
  aside?: boolean
  /** Of all pictures that are decoded side by side. */
  pixels: number
  durationSeconds: number
  /** Whether it steps back for those that encode pictures. */
  background?: boolean
  tools: MediaTools
  signal?: AbortSignal
}

/** These tell nothing of what was to be decoded. */
const CUT_OFF: readonly FailureReason[] = ['cancelled', 'killed', 'deadline', 'stalled']
const DEADLINE_MS = { base: 120_000, perSecond: 10_000 }

/**
 * Decodes everything our own playlists name, in one FFmpeg; its counts are by input file, in the order of `folders`.
 * @throws output_invalid when anything is objected to; encode_failed when FFmpeg was killed; encode_timeout, cancelled.
 */
export async function decodeAll(request: DecodeRequest): Promise<FfmpegResult> {
  const { path, folders, tools, signal, durationSeconds, playlist = MEDIA_PLAYLIST, aside = false } = request
  const result = await runFfmpeg({
    tools,
    inputPath: path,
    outputPath: null,
    buildArguments: ({ input }) =>
      buildDecodeArguments(input, folders, { playlist, aside, pictures: request.pixels > 0 }),
    pixels: request.pixels,
    deadlineMs: DEADLINE_MS.base + DEADLINE_MS.perSecond * durationSeconds,
    background: request.background,
    signal,
  })
  if (result.reason !== null && CUT_OFF.includes(result.reason)) requireSuccess(result)
  // Nothing here depends on the stranger's file any more, so whatever FFmpeg objects to is our own doing.
  if (result.reason !== null || result.counts.errors > 0) {
    throw new PeekrError('output_invalid', { details: { reason: result.reason, log: result.log.slice(-40) } })
  }
  return result
}

/**
 * One input a rendition, all decoded to nowhere. Pure. `passthrough` keeps what decodes from being stretched to fit, and
 * `-copyts` what comes after a pause from being taken for a jump back. Everything in the stream is read and decoded; only the smoothing
 * of blocks, which reads nothing, is left out, as nobody looks at the pictures.
 */
export function buildDecodeArguments(
  input: string,
  folders: readonly string[],
  options: { playlist?: string; aside?: boolean; pictures?: boolean } = {},
): string[] {
  const { playlist = MEDIA_PLAYLIST, aside = false, pictures = true } = options
  return [
    '-copyts',
    ...folders.flatMap((folder) => [
      ...buildOwnInputGuard(),
      ...['-err_detect', 'crccheck+bitstream+buffer+explode'],
      ...(pictures ? ['-skip_loop_filter', 'all'] : []),
      ...(aside ? ['-threads', '1'] : []),
      ...['-i', `file:${input}/${folder}/${playlist}`],
    ]),
    ...folders.flatMap((_folder, index) => ['-map', String(index)]),
    ...['-fps_mode:v', 'passthrough', '-enc_time_base:v', '1:90000', '-f', 'null', '-'],
  ]
}
