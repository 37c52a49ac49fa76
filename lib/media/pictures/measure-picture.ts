/** What can be said of a picture by its numbers. */
export interface Picture {
  /** Mean brightness, 0 to 255. */
  brightness: number
  /** Standard deviation of the brightness; near 0 for a blank picture. */
  contrast: number
  /** How evenly the levels of brightness are used, in bits, 0 to 8. */
  entropyBits: number
  /** Share of pixels that are as good as black. */
  darkShare: number
  /** Share of pixels that are as good as white. */
  lightShare: number
  /** Mean strength of edges (Laplacian); small for a blurred picture. */
  sharpness: number
  /** Standard deviation of the two colour planes together. */
  colorfulness: number
}

const DARK = 32
const LIGHT = 224

/** @param frame planar YUV 4:2:0, 8 bit. Pure. */
export function measurePicture(frame: Uint8Array, size: { width: number; height: number }): Picture {
  const pixels = size.width * size.height
  const luma = frame.subarray(0, pixels)
  const histogram = new Uint32Array(256)
  for (const level of luma) histogram[level] = (histogram[level] ?? 0) + 1
  let sum = 0
  let squares = 0
  let dark = 0
  let light = 0
  let entropyBits = 0
  for (const [level, count] of histogram.entries()) {
    if (count === 0) continue
    sum += level * count
    squares += level * level * count
    if (level < DARK) dark += count
    if (level > LIGHT) light += count
    entropyBits -= (count / pixels) * Math.log2(count / pixels)
  }
  const brightness = sum / pixels
  return {
    brightness,
    contrast: Math.sqrt(Math.max(0, squares / pixels - brightness ** 2)),
    entropyBits,
    darkShare: dark / pixels,
    lightShare: light / pixels,
    sharpness: measureEdges(luma, size),
    colorfulness: measureColor(frame.subarray(pixels)),
  }
}

/** Mean absolute value of the four-neighbour Laplacian. */
function measureEdges(luma: Uint8Array, { width, height }: { width: number; height: number }): number {
  let sum = 0
  for (let row = 1; row < height - 1; row += 1) {
    for (let at = row * width + 1; at < (row + 1) * width - 1; at += 1) {
      const [here = 0, left = 0, right = 0] = [luma[at], luma[at - 1], luma[at + 1]]
      const [above = 0, below = 0] = [luma[at - width], luma[at + width]]
      sum += Math.abs(4 * here - left - right - above - below)
    }
  }
  return sum / ((width - 2) * (height - 2))
}

function measureColor(planes: Uint8Array): number {
  const half = planes.length / 2
  return Math.hypot(deviation(planes.subarray(0, half)), deviation(planes.subarray(half)))
}

function deviation(plane: Uint8Array): number {
  let sum = 0
  let squares = 0
  for (const level of plane) {
    sum += level
    squares += level * level
  }
  const mean = sum / plane.length
  return Math.sqrt(Math.max(0, squares / plane.length - mean ** 2))
}
