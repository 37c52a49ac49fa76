import type { SourceVideo } from '#lib/domain/source-probe'

type Colors = Pick<
  SourceVideo,
  'colorTransfer' | 'colorSpace' | 'colorPrimaries' | 'colorRange' | 'pixelFormat' | 'width' | 'height'
>

const HDR_TRANSFERS = ['smpte2084', 'arib-std-b67']

/** Whether standard screens would show its colours too pale. */
export function isHdr({ colorTransfer }: Pick<SourceVideo, 'colorTransfer'>): boolean {
  return HDR_TRANSFERS.includes(colorTransfer ?? '')
}

/**
 * Filters that scale a picture and bring it to BT.709 in limited range, whatever it was. Pure. Scaling comes first, since
 * the rest costs by the pixel. @param scale a `scale` filter without colour options
 * @param exact false where this FFmpeg has no zscale: HDR then stays pale, and wide colours a little dull.
 */
export function buildStandardColors(video: Colors, scale: string, exact: boolean): string[] {
  if (isHdr(video) && exact) return [scale, ...buildToneMap(video)]
  if (isStandard(video)) return [scale]
  // RGB has no matrix to come from, and swscale's default is to round chroma coarsely.
  if (isRgb(video) || !exact) {
    const from = isRgb(video) ? '' : `:in_color_matrix=${SWSCALE_MATRICES.get(findMatrix(video)) ?? 'bt601'}`
    const exactly = scale.includes('flags=') ? '+full_chroma_int+accurate_rnd' : ''
    return [`${scale}${exactly}${from}:out_color_matrix=bt709:out_range=tv`]
  }
  const range = isFullRange(video) ? 'full' : 'limited'
  const source = `min=${findMatrix(video)}:pin=${findPrimaries(video)}:tin=bt709:rin=${range}`
  return [scale, `zscale=${source}:m=bt709:p=bt709:t=bt709:r=limited`]
}

/** Says of the frames what they are then, for the encoder to write into the stream. */
export const STANDARD_TAGS = 'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709'

/** From BT.709, limited range, to what a JPEG file is by definition (JFIF): BT.601, full range. */
export function buildJpegColors(scale = 'scale'): string[] {
  const options = 'in_color_matrix=bt709:in_range=tv:out_color_matrix=bt601:out_range=pc'
  return [`${scale}${scale.includes('=') ? ':' : '='}${options}`, 'format=yuv420p']
}

/** Whether nothing need be done to its colours. */
export function isStandard(video: Colors): boolean {
  const matrix = findMatrix(video)
  return (
    !isHdr(video) &&
    !isRgb(video) &&
    !isFullRange(video) &&
    matrix === 'bt709' &&
    findPrimaries(video) === 'bt709'
  )
}

/**
 * A white sheet is 203 cd/m² in HDR (ITU-R BT.2408-7) and becomes 1. Up to three tenths of that light stays as it is, which
 * is skin and most else; above, mobius bends it so that the 1,000 cd/m² of common masters still differ from white. `agamma=0`
 * makes zimg apply HLG's system gamma to the luminance, as BT.2100 says, and not to each colour.
 */
function buildToneMap(video: Colors): string[] {
  const primaries = video.colorPrimaries === null ? 'bt2020' : findPrimaries(video)
  const matrix = video.colorSpace === null ? 'bt2020nc' : findMatrix(video)
  const source = `tin=${video.colorTransfer}:pin=${primaries}:min=${matrix}:rin=${isFullRange(video) ? 'full' : 'limited'}`
  return [
    `zscale=${source}:t=linear:npl=203:agamma=0`,
    'format=gbrpf32le',
    'zscale=p=bt709',
    'tonemap=mobius:param=0.3:desat=0:peak=4.93',
    'zscale=t=bt709:m=bt709:r=limited',
  ]
}

/** zscale's names of what files name. Maps: a file may call its matrix `toString`. */
const MATRICES = new Map(
  Object.entries({
    bt709: 'bt709',
    smpte170m: '170m',
    bt470bg: '470bg',
    fcc: 'fcc',
    bt2020nc: 'bt2020nc',
    bt2020c: '2020_cl',
    ycgco: 'ycgco',
  }),
)

const PRIMARIES = new Map(
  Object.entries({ smpte170m: '170m', smpte240m: '240m', bt470bg: '470bg', bt2020: 'bt2020' }),
)

const SWSCALE_MATRICES = new Map(Object.entries({ bt709: 'bt709', bt2020nc: 'bt2020', fcc: 'fcc' }))

/** The matrix by the file's word, else by the convention that anything above standard definition is BT.709. */
function findMatrix({ colorSpace, width, height }: Colors): string {
  const isLarge = Math.max(width, height) >= 1280 || Math.min(width, height) > 576
  return MATRICES.get(colorSpace ?? '') ?? (isLarge ? 'bt709' : '170m')
}

/** Those named by the file; without a word, BT.709's, from which those of standard definition hardly differ. */
function findPrimaries({ colorPrimaries }: Colors): string {
  return PRIMARIES.get(colorPrimaries ?? '') ?? 'bt709'
}

function isFullRange({ colorRange, pixelFormat }: Colors): boolean {
  return colorRange === 'pc' || (pixelFormat ?? '').startsWith('yuvj')
}

function isRgb({ pixelFormat }: Colors): boolean {
  return /rgb|bgr|gbr|pal8/.test(pixelFormat ?? '')
}
