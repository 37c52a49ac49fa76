import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { SoundResult } from '#lib/domain/encode-plan'
import { AUDIO_FOLDER } from '#lib/domain/media-paths'
import type { SegmentFormat } from '#lib/domain/rendition'
import type { SourceProbe } from '#lib/domain/source-probe'
import { PeekrError } from '#lib/errors'
import { decodeAll } from '#lib/media/decode-all'
import type { MediaTools } from '#lib/media/media-tools'
import { requireSuccess, runFfmpeg } from '#lib/media/run-ffmpeg'
import { planSound } from '#lib/transcode/plan-encode'

export interface SoundRequest {
  sourcePath: string
  /** An empty folder; the sound gets a folder in it. */
  outputPath: string
  probe: SourceProbe
  segmentFormat: SegmentFormat
  tools: MediaTools
  /** Another sound than the main one, and its folder. */
  track?: { streamIndex: number; folder: string }
  signal?: AbortSignal
  onProgress?: (fraction: number) => void
}

const DEADLINE_MS = { base: 180_000, perSecond: 10_000 }
const ENCODE_SHARE = 0.95

/**
 * Encodes the sound whole, so that it has no seams, and decodes it again. While it runs, its media playlist names the
 * segments that are whole.
 * @throws encode_failed, encode_timeout, output_invalid, source_*, disk_full, cancelled
 */
export async function runSound(request: SoundRequest): Promise<SoundResult> {
  const { probe, outputPath, segmentFormat, tools, signal, onProgress } = request
  const { audio, durationSeconds } = probe
  if (audio === null) return { present: false, sentence: null, log: [] }
  const { streamIndex, folder } = request.track ?? { streamIndex: audio.streamIndex, folder: AUDIO_FOLDER }
  await mkdir(join(outputPath, folder), { recursive: true })
  const result = await runFfmpeg({
    tools,
    inputPath: request.sourcePath,
    outputPath,
    buildArguments: ({ input, output }) =>
      planSound({
        inputPath: input,
        outputPath: output,
        streamIndex,
        folder,
        segmentFormat,
        container: probe.container,
      }),
    pixels: 0,
    // Sound is a hundred times faster than pictures, and somebody may be waiting for the first of them.
    background: true,
    deadlineMs: DEADLINE_MS.base + DEADLINE_MS.perSecond * (durationSeconds ?? 3600),
    signal,
    onTime: (seconds) =>
      durationSeconds && onProgress?.(ENCODE_SHARE * Math.min(1, seconds / durationSeconds)),
  })
  if (result.reason === 'source_no_decoder') {
    const sentence = 'The sound is in a format Peekr does not decode, so it was left out.'
    return { present: false, sentence, log: result.log }
  }
  requireSuccess(result)
  const expected = result.counts.outputs[0]?.packets ?? 0
  if (expected === 0) return { present: false, sentence: null, log: result.log }
  const decoded = await decodeAll({
    path: outputPath,
    folders: [folder],
    pixels: 0,
    durationSeconds: durationSeconds ?? 3600,
    background: true,
    tools,
    signal,
  })
  const frames = decoded.counts.inputs.find(({ kind }) => kind === 'audio')?.frames ?? 0
  // A frame a packet. FFmpeg says nothing of a segment that did not fit on the disk.
  if (frames !== expected)
    throw new PeekrError('output_invalid', { details: { rendition: folder, frames, expected } })
  onProgress?.(1)
  return { present: true, sentence: null, log: result.log }
}
