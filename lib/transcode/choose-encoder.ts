import type { Config } from '#lib/config'
import type { EncoderChoice, EncoderReport } from '#lib/domain/encoding'

/**
 * The encoder a job starts with, by the admin's wish and what the test encodes said. Pure. Never fails: a wish for NVENC
 * on a machine without one is answered with libx264 and a sentence that says so.
 */
export function chooseEncoder(report: EncoderReport, policy: Config['encoder']): EncoderChoice {
  const nvenc = report.h264_nvenc
  if (policy === 'x264') return { name: 'libx264', sentence: 'Encoded with libx264, as PEEKR_ENCODER asks.' }
  if (nvenc.works) return { name: 'h264_nvenc', sentence: 'Encoded on the graphics card with NVENC.' }
  const because =
    policy === 'nvenc' ? `although PEEKR_ENCODER asks for NVENC: ${nvenc.sentence}` : 'on the CPU.'
  return { name: 'libx264', sentence: `Encoded with libx264, ${because}` }
}
