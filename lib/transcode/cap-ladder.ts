import type { ContentMeasure } from '#lib/domain/content-measure'
import type { LadderRung } from '#lib/domain/rendition'

/** A cap this many times what the samples took leaves room for what they did not show. */
const HEADROOM = 3
/** Never less than this share of the usual cap: three samples are not the film. */
const SHARE_MIN = 0.25
/** The ladder with caps that fit the content, as if bits grew as pixels do (0015); never above the usual. Pure. Null changes nothing. */
export function capLadder(ladder: readonly LadderRung[], content: ContentMeasure | null): LadderRung[] {
  if (content === null) return [...ladder]
  return ladder.map((rung) => {
    const wanted = (HEADROOM * content.bitrateBps * rung.width * rung.height) / content.pixels
    const share = Math.min(1, Math.max(SHARE_MIN, wanted / rung.maxBitrateBps))
    return { ...rung, maxBitrateBps: Math.round((rung.maxBitrateBps * share) / 1000) * 1000 }
  })
}
