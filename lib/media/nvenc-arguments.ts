/**
 * Options in front of a source that NVDEC decodes into the card's own memory. The decoder's pool is of a fixed size, and
 * filters and encoders hold on to its pictures, so it gets some more.
 */
export const CARD_DECODE: readonly string[] = [
  ...['-hwaccel', 'cuda', '-hwaccel_output_format', 'cuda', '-extra_hw_frames', '8'],
]

/** Frames of the card as ordinary ones; NVDEC's are nv12. */
export const CARD_DOWNLOAD: readonly string[] = ['hwdownload', 'format=nv12']

/** NVENC at constant quality below a cap. `p4` is its middle preset; its key frames are where they are forced, and nowhere else. */
export function buildNvenc(quality: number): string[] {
  return [
    ...[
      '-c:v',
      'h264_nvenc',
      '-preset',
      'p4',
      '-tune',
      'hq',
      '-rc',
      'vbr',
      '-cq',
      String(quality),
      '-b:v',
      '0',
    ],
    ...['-bf', '2', '-no-scenecut', '1', '-strict_gop', '1'],
  ]
}

/** A picture resized on the card. */
export function buildCardScale({ width, height }: { width: number; height: number }): string {
  return `scale_cuda=w=${width}:h=${height}:interp_algo=bicubic`
}
