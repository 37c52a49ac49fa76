import type { SourceVideo } from '#lib/domain/source-probe'

type Colors = Pick<SourceVideo, 'colorTransfer' | 'colorSpace' | 'height'>

const HDR_TRANSFERS = ['smpte2084', 'arib-std-b67']

/** Whether standard screens would show its colours too pale. */
export function isHdr({ colorTransfer }: Pick<SourceVideo, 'colorTransfer'>): boolean {
  return HDR_TRANSFERS.includes(colorTransfer ?? '')
}

// Light is compressed in linear space, at 100 nits for white; hable keeps detail in the highlights.
export const TONE_MAP = [
  'zscale=t=linear:npl=100',
  'format=gbrpf32le',
  'zscale=p=bt709',
  'tonemap=hable:desat=0',
  'zscale=t=bt709:m=bt709:r=tv',
]

/**
 * Filters that scale a picture and bring it to BT.709, limited range, whatever it was. Pure. Scaling comes first, since
 * tone mapping costs by the pixel. @param scale a `scale` filter without colour options
 */
export function buildStandardColors(video: Colors, scale: string, toneMap: boolean): string[] {
  if (toneMap && isHdr(video)) return [scale, ...TONE_MAP]
  return [`${scale}:in_color_matrix=${findMatrix(video)}:out_color_matrix=bt709:out_range=tv`]
}

/** From BT.709, limited range, to what a JPEG file is by definition (JFIF): BT.601, full range. */
export function buildJpegColors(scale = 'scale'): string[] {
  const options = 'in_color_matrix=bt709:in_range=tv:out_color_matrix=bt601:out_range=pc'
  return [`${scale}${scale.includes('=') ? ':' : '='}${options}`, 'format=yuv420p']
}

/** The matrix by the file's word, else by the convention that what has 720 lines or more is BT.709. */
function findMatrix({ colorSpace, height }: Colors): string {
  const known: Record<string, string> = {
    bt709: 'bt709',
    smpte170m: 'smpte170m',
    bt470bg: 'bt470bg',
    fcc: 'fcc',
    smpte240m: 'smpte240m',
    bt2020nc: 'bt2020',
    bt2020c: 'bt2020',
  }
  return known[colorSpace ?? ''] ?? (height >= 720 ? 'bt709' : 'smpte170m')
}
