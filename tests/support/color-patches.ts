import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runFfmpeg } from './make-clip.ts'

type Rgb = readonly [number, number, number]

/** How a clip of patches is written: the curve, the primaries and matrix, and the range. */
export type PatchKind = 'pq' | 'hlg' | 'sdr709' | 'sdr601' | 'sdr2020' | 'full709'

/** Light of BT.709 primaries, 1 being white: what a standard screen shows, and in HDR 203 candela a square metre. */
export const PATCHES: Record<string, Rgb> = {
  gray: [0.18, 0.18, 0.18],
  dark: [0.03, 0.03, 0.03],
  red: [0.25, 0.03, 0.03],
  green: [0.03, 0.25, 0.04],
  blue: [0.03, 0.04, 0.25],
  skin: [0.28, 0.17, 0.12],
  sky: [0.1, 0.17, 0.28],
  white: [1, 1, 1],
}

export const PATCH_SIZE = 64
const COLUMNS = 4
const WIDTH = COLUMNS * PATCH_SIZE
const HEIGHT = 2 * PATCH_SIZE
const FRAMES = 12

/** The brightness that HDR gives to a white sheet (ITU-R BT.2408-7, §2.1). */
const WHITE_NITS = 203

const TAGS: Record<PatchKind, { primaries: string; trc: string; matrix: string; range: 'tv' | 'pc' }> = {
  pq: { primaries: 'bt2020', trc: 'smpte2084', matrix: 'bt2020nc', range: 'tv' },
  hlg: { primaries: 'bt2020', trc: 'arib-std-b67', matrix: 'bt2020nc', range: 'tv' },
  sdr709: { primaries: 'bt709', trc: 'bt709', matrix: 'bt709', range: 'tv' },
  sdr601: { primaries: 'bt709', trc: 'bt709', matrix: 'smpte170m', range: 'tv' },
  sdr2020: { primaries: 'bt2020', trc: 'bt2020-10', matrix: 'bt2020nc', range: 'tv' },
  full709: { primaries: 'bt709', trc: 'bt709', matrix: 'bt709', range: 'pc' },
}

const LUMA: Record<string, readonly [kr: number, kb: number]> = {
  bt709: [0.2126, 0.0722],
  smpte170m: [0.299, 0.114],
  bt2020nc: [0.2627, 0.0593],
}

/**
 * Writes a clip of the patches, each computed here from its light by the standards' own formulas, so that FFmpeg's idea of
 * colours is not judged by FFmpeg: SMPTE ST 2084 §5, ITU-R BT.2100-2 table 5, BT.2087 for the primaries. Returns its path.
 */
export async function writePatchClip(
  folder: string,
  kind: PatchKind,
  options: { pixelFormat?: 'yuv420p' | 'yuv420p10le' | 'yuv422p10le' | 'yuv444p10le'; codec?: string[] } = {},
): Promise<string> {
  const { primaries, trc, matrix, range } = TAGS[kind]
  const [raw, path] = [
    join(folder, `${kind}.yuv`),
    join(folder, `${kind}-${options.pixelFormat ?? 'any'}.mkv`),
  ]
  await writeFile(raw, drawFrame(kind))
  const tags = [
    '-color_primaries',
    primaries,
    '-color_trc',
    trc,
    '-colorspace',
    matrix,
    '-color_range',
    range,
  ]
  const x265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error:qp=4']
  const format = ['-pix_fmt', options.pixelFormat ?? 'yuv420p10le']
  await runFfmpeg([
    ...[
      '-f',
      'rawvideo',
      '-pix_fmt',
      'yuv444p16le',
      '-s',
      `${WIDTH}x${HEIGHT}`,
      '-r',
      '12',
      ...tags,
      '-i',
      raw,
    ],
    ...[
      '-vf',
      `loop=${FRAMES - 1}:1,scale=in_range=${range}:out_range=${range}:flags=accurate_rnd`,
      ...format,
    ],
    ...[...(options.codec ?? x265), ...tags, '-y', path],
  ])
  return path
}

function drawFrame(kind: PatchKind): Buffer {
  const planes = [0, 1, 2].map(() => new Uint16Array(WIDTH * HEIGHT))
  for (const [index, light] of Object.values(PATCHES).entries()) {
    const code = encodeLight(kind, light)
    const [left, top] = [(index % COLUMNS) * PATCH_SIZE, Math.floor(index / COLUMNS) * PATCH_SIZE]
    for (let row = top; row < top + PATCH_SIZE; row += 1)
      for (const [plane, value] of code.entries())
        planes[plane]?.fill(value, row * WIDTH + left, row * WIDTH + left + PATCH_SIZE)
  }
  return Buffer.concat(planes.map((plane) => Buffer.from(plane.buffer)))
}

/** Y′, Cb and Cr in 16 bits. */
function encodeLight(kind: PatchKind, light: Rgb): number[] {
  const { primaries, matrix, range } = TAGS[kind]
  const linear = primaries === 'bt2020' ? to2020(light) : light
  const [red, green, blue] = encodeCurve(kind, linear)
  const [kr, kb] = LUMA[matrix] ?? [0, 0]
  const luma = kr * red + (1 - kr - kb) * green + kb * blue
  const [cb, cr] = [(blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr))]
  if (range === 'pc') return [luma * 65535, 32768 + cb * 65535, 32768 + cr * 65535].map(Math.round)
  return [16 + 219 * luma, 128 + 224 * cb, 128 + 224 * cr].map((value) => Math.round(value * 256))
}

function encodeCurve(kind: PatchKind, linear: Rgb): Rgb {
  if (kind === 'pq') return linear.map((value) => encodePq(value * WHITE_NITS)) as unknown as Rgb
  if (kind === 'hlg') return encodeHlg(linear)
  return linear.map((value) => value ** (1 / 2.4)) as unknown as Rgb
}

function encodePq(nits: number): number {
  const [m1, m2, c1, c2, c3] = [
    2610 / 16384,
    (2523 / 4096) * 128,
    3424 / 4096,
    (2413 / 4096) * 32,
    (2392 / 4096) * 32,
  ]
  const power = (nits / 10_000) ** m1
  return ((c1 + c2 * power) / (1 + c3 * power)) ** m2
}

/** For a screen of 1,000 cd/m², whose system gamma is 1.2. */
function encodeHlg(linear: Rgb): Rgb {
  const shown = linear.map((value) => (value * WHITE_NITS) / 1000) as unknown as Rgb
  const luminance = 0.2627 * shown[0] + 0.678 * shown[1] + 0.0593 * shown[2]
  const [a, b, c] = [0.17883277, 0.28466892, 0.55991073]
  return shown.map((value) => {
    const scene = value * luminance ** ((1 - 1.2) / 1.2)
    return scene <= 1 / 12 ? Math.sqrt(3 * scene) : a * Math.log(12 * scene - b) + c
  }) as unknown as Rgb
}

function to2020([red, green, blue]: Rgb): Rgb {
  return [
    0.6274 * red + 0.3293 * green + 0.0433 * blue,
    0.0691 * red + 0.9195 * green + 0.0114 * blue,
    0.0164 * red + 0.088 * green + 0.8956 * blue,
  ]
}

/** The light of each patch of a decoded frame: Y′CbCr of BT.709, limited range, 8 bit 4:2:0, shown by gamma 2.4. */
export function readPatches(frame: Uint8Array, scale = 1): Record<string, Rgb> {
  const [width, height] = [WIDTH * scale, HEIGHT * scale]
  const half = width / 2
  const read = (index: number): Rgb => {
    const x = Math.round(((index % COLUMNS) + 0.5) * PATCH_SIZE * scale)
    const y = Math.round((Math.floor(index / COLUMNS) + 0.5) * PATCH_SIZE * scale)
    const at = Math.floor(y / 2) * half + Math.floor(x / 2)
    const luma = ((frame[y * width + x] ?? 0) - 16) / 219
    const cb = ((frame[width * height + at] ?? 0) - 128) / 224
    const cr = ((frame[width * height * 1.25 + at] ?? 0) - 128) / 224
    const [red, blue] = [luma + 1.5748 * cr, luma + 1.8556 * cb]
    const green = (luma - 0.2126 * red - 0.0722 * blue) / 0.7152
    return [red, green, blue].map((value) => Math.max(0, value) ** 2.4) as unknown as Rgb
  }
  return Object.fromEntries(Object.keys(PATCHES).map((name, index) => [name, read(index)]))
}
