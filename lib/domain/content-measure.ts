/** What a short test encode of a source found: how many bits its pictures take at the wanted quality. */
export interface ContentMeasure {
  /** Of the pictures that were encoded. */
  pixels: number
  /** Of the most demanding sample, with a key frame as often as segments have one. */
  bitrateBps: number
}
