import type { Config } from '#lib/config'
import type { CardCodec, EncoderChoice, EncoderReport } from '#lib/domain/encoding'
import type { SourceVideo } from '#lib/domain/source-probe'
import { isStandard } from '#lib/media/color-filters'

/**
 * The encoder a job starts with, by the admin's wish, what the test encodes said, and the source. Pure. Never fails: a wish
 * for NVENC on a machine without one is answered with libx264 and a sentence that says so.
 */
export function chooseEncoder(
  report: EncoderReport,
  { encoder, jobsMax }: Pick<Config, 'encoder' | 'jobsMax'>,
  video: SourceVideo | null,
): EncoderChoice {
  const nvenc = report.h264_nvenc
  if (encoder === 'x264') return { name: 'libx264', sentence: 'Encoded with libx264, as PEEKR_ENCODER asks.' }
  if (!nvenc.works) {
    const because =
      encoder === 'nvenc' ? `although PEEKR_ENCODER asks for NVENC: ${nvenc.sentence}` : 'on the CPU.'
    return { name: 'libx264', sentence: `Encoded with libx264, ${because}` }
  }
  // What the card runs at a time is shared by the jobs that may run at a time.
  const sessions = Math.max(1, Math.floor((report.sessions ?? 1) / jobsMax))
  const card = video !== null && fitsCard(video) && (report.card[video.codec as CardCodec]?.works ?? false)
  const sentence = card
    ? 'Decoded, scaled and encoded on the graphics card.'
    : 'Encoded on the graphics card with NVENC.'
  return { name: 'h264_nvenc', card, sessions, sentence }
}

/** Whether everything a source needs is done on the card too: not turning, deinterlacing or mapping of colours. */
function fitsCard(video: SourceVideo): boolean {
  const { interlaced, rotationDegrees, bitDepth, pixelFormat } = video
  return (
    !interlaced && rotationDegrees === 0 && bitDepth === 8 && pixelFormat === 'yuv420p' && isStandard(video)
  )
}
