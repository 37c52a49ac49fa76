import type { EncodeResult, VerifyResult } from '#lib/domain/encoding'
import { AUDIO_FOLDER, MEDIA_PLAYLIST } from '#lib/domain/media-paths'
import type { SourceProbe } from '#lib/domain/source-probe'
import { PeekrError } from '#lib/errors'
import type { MediaTools } from '#lib/media/media-tools'
import { buildOwnInputGuard } from '#lib/media/own-input-guard'
import { type FfmpegResult, requireSuccess, runFfmpeg } from '#lib/media/run-ffmpeg'
import { verifyOutput } from '#lib/publish/verify-output'
import { verifySource } from '#lib/publish/verify-source'

export interface VerifyRequest {
  /** The finished folder. */
  outputPath: string
  probe: SourceProbe
  encoded: EncodeResult
  tools: MediaTools
  signal?: AbortSignal
  onProgress?: (fraction: number) => void
}

const DEADLINE_MS = { base: 120_000, perSecond: 10_000 }

/**
 * Proves that what was encoded is whole: decodes every segment of every rendition, in one FFmpeg, and compares the counts
 * with one another and with the source's.
 * @throws output_invalid, source_truncated, source_corrupt, encode_timeout, cancelled.
 */
export async function verifyRevision(request: VerifyRequest): Promise<VerifyResult> {
  const { probe, encoded } = request
  // What is wrong with the source is said first: it explains what is wrong with the output.
  const frameShare = verifySource(probe, encoded)
  const decoded = await decodeAll(request)
  verifyOutput(encoded, decoded.counts)
  return {
    frameCount: encoded.frameCount,
    durationSeconds: encoded.durationSeconds,
    frameShare,
    log: decoded.log,
  }
}

async function decodeAll(request: VerifyRequest): Promise<FfmpegResult> {
  const { outputPath, encoded, tools, signal, onProgress } = request
  const [largest] = encoded.renditions
  const result = await runFfmpeg({
    tools,
    inputPath: outputPath,
    outputPath: null,
    buildArguments: ({ input }) => buildVerifyArguments(input, encoded),
    pixels: largest ? largest.width * largest.height * 2 : 0,
    deadlineMs: DEADLINE_MS.base + DEADLINE_MS.perSecond * encoded.durationSeconds,
    signal,
    onTime: (seconds) => onProgress?.(seconds / encoded.durationSeconds),
  })
  // Nothing here depends on the stranger's file any more, so whatever FFmpeg objects to is our own doing.
  if (result.reason === 'cancelled' || result.reason === 'deadline' || result.reason === 'stalled')
    requireSuccess(result)
  if (result.reason !== null || result.counts.errors > 0) {
    throw new PeekrError('output_invalid', { details: { reason: result.reason, log: result.log.slice(-40) } })
  }
  onProgress?.(1)
  return result
}

/** One input a rendition, all decoded to nowhere. Pure. `-copyts` keeps what decodes from being stretched to fit. */
export function buildVerifyArguments(
  input: string,
  { renditions, audio }: Pick<EncodeResult, 'renditions' | 'audio'>,
): string[] {
  const folders = [...renditions.map(({ name }) => name), ...(audio ? [AUDIO_FOLDER] : [])]
  return [
    ...folders.flatMap((folder) => [
      ...buildOwnInputGuard(),
      ...['-err_detect', 'crccheck+bitstream+buffer+explode'],
      ...['-i', `file:${input}/${folder}/${MEDIA_PLAYLIST}`],
    ]),
    ...folders.flatMap((_folder, index) => ['-map', String(index)]),
    ...['-fps_mode:v', 'passthrough', '-enc_time_base:v', '1:90000', '-f', 'null', '-'],
  ]
}
