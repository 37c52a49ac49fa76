import type { EncoderReport, EncodingTrial } from '#lib/domain/encoding'

/** What was tried for encoding, and what came of it, in the order people ask. Pure. */
export function listTrials(report: EncoderReport): EncodingTrial[] {
  const { h264_nvenc: nvenc, libx264, card, toneMap, sessions } = report
  const encoded = sessions === null ? '' : ` ${sessions} encodes at the same time succeeded.`
  return [
    { name: 'Encoder libx264', ...libx264 },
    { name: 'Encoder h264_nvenc', works: nvenc.works, sentence: `${nvenc.sentence}${encoded}` },
    ...Object.entries(card).map(([codec, finding]) => ({
      name: `NVDEC and scale_cuda, ${codec}`,
      ...finding,
    })),
    { name: 'Filters zscale and tonemap', ...toneMap },
  ]
}
