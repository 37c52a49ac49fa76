import type { Config } from '#lib/config'
import type { CardCodec, EncoderChoice, EncoderReport } from '#lib/domain/encoding'
import type { SourceVideo } from '#lib/domain/source-probe'
import { isStandard } from '#lib/media/color-filters'

/** By the settings, and on a machine of so many processors. */
type Wish = Pick<Config, 'encoder' | 'jobsMax'> & { cores: number }

/**
 * The encoder a job starts with, by the admin's wish, what the test encodes said, and the source. Pure. Never fails: a wish
 * for NVENC on a machine without one is answered with libx264 and a sentence that says so.
 */
export function chooseEncoder(report: EncoderReport, wish: Wish, video: SourceVideo | null): EncoderChoice {
  return { ...choose(report, wish, video), threads: planThreads(wish.cores) }
}

/**
 * libx264's threads on a machine of so many processors, as it would choose them, within bounds. Pure. With 16 on two, the
 * same ladder took a fifth longer.
 */
export function planThreads(cores: number): number {
  return Math.max(2, Math.min(16, Math.floor(1.5 * cores)))
}

function choose(report: EncoderReport, { encoder, jobsMax }: Wish, video: SourceVideo | null): EncoderChoice {
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
