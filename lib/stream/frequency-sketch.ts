const ROWS = 4
const COUNT_MAX = 15
/** Of a row: with fewer counters, keys that were never asked for would look popular for those they share them with. */
const WIDTH_MIN = 4096
const SEEDS = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f] as const

/**
 * Estimates how often each of very many keys was asked for lately, in a few bytes a key: a count-min sketch of small
 * counters that are all halved now and then, so that what was popular last week does not count for ever. The ageing
 * and the admission it serves are those of TinyLFU (Einziger, Friedman, Manes: "TinyLFU: A Highly Efficient Cache
 * Admission Policy", ACM ToS 2017).
 */
export class FrequencySketch {
  readonly #counts: Uint8Array
  readonly #mask: number
  readonly #recordsMax: number
  #records = 0

  /** @param expectedKeys how many keys are worth telling apart */
  constructor(expectedKeys: number) {
    const width = 2 ** Math.ceil(Math.log2(Math.max(WIDTH_MIN, expectedKeys * 8)))
    this.#counts = new Uint8Array(width * ROWS)
    this.#mask = width - 1
    this.#recordsMax = width
  }

  /** Counts one request. @param hash of the key, as `hashKey` makes it */
  record(hash: number): void {
    let hasCounted = false
    for (let row = 0; row < ROWS; row++) {
      const at = this.#place(hash, row)
      const count = this.#counts[at] ?? 0
      if (count >= COUNT_MAX) continue
      this.#counts[at] = count + 1
      hasCounted = true
    }
    // What is as popular as can be must not age everything else.
    if (!hasCounted) return
    this.#records += 1
    if (this.#records >= this.#recordsMax) this.#halve()
  }

  /** 0 to 15; never less than what was recorded since the counters were last halved. */
  estimate(hash: number): number {
    let least = COUNT_MAX
    for (let row = 0; row < ROWS; row++) least = Math.min(least, this.#counts[this.#place(hash, row)] ?? 0)
    return least
  }

  #place(hash: number, row: number): number {
    const mixed = Math.imul(hash ^ (hash >>> 15), SEEDS[row as 0 | 1 | 2 | 3])
    return row * (this.#mask + 1) + ((mixed ^ (mixed >>> 13)) & this.#mask)
  }

  #halve(): void {
    for (let at = 0; at < this.#counts.length; at++) this.#counts[at] = (this.#counts[at] ?? 0) >>> 1
    this.#records /= 2
  }
}

/** 32 bits of a key (FNV-1a). Not secret: a collision only makes two files share their popularity. */
export function hashKey(key: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
