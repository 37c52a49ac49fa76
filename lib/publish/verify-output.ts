import type { EncodeResult } from '#lib/domain/encoding'
import { PeekrError } from '#lib/errors'
import type { FfmpegCounts } from '#lib/media/read-ffmpeg-stderr'

/**
 * Whether every rendition decoded to exactly the frames that were encoded. Pure. `counts` are of the decoding run: one
 * input file a rendition in order, the sound last.
 * @throws output_invalid naming the rendition.
 */
export function verifyOutput(
  { renditions, audio, frameCount }: Pick<EncodeResult, 'renditions' | 'audio' | 'frameCount'>,
  counts: FfmpegCounts,
): void {
  const framesOf = (file: number, kind: string) =>
    counts.inputs.find((input) => input.file === file && input.kind === kind)?.frames ?? 0
  for (const [index, { name }] of renditions.entries()) {
    const frames = framesOf(index, 'video')
    if (frames !== frameCount) throw invalid({ rendition: name, frames, expected: frameCount })
  }
  if (audio && framesOf(renditions.length, 'audio') === 0) throw invalid({ rendition: 'audio', frames: 0 })
}

function invalid(details: Record<string, unknown>): PeekrError {
  return new PeekrError('output_invalid', { details })
}
