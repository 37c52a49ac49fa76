export interface FaultCase {
  /** What must hold, as `reliability.md` promises it. */
  promise: string
  run(options: FaultOptions): Promise<FaultOutcome>
}

export interface FaultOptions {
  seed: number
  kills: number
  /** How long a case goes on whose end is not counted in kills. */
  seconds?: number
  onProgress: (line: string) => void
}

export interface FaultOutcome {
  /** What was counted, in the order it is printed. */
  figures: Record<string, number | string>
  /** Each a sentence about one breach of the promise; none means it held. */
  violations: string[]
}

/** Numbers in [0, 1) that the seed decides (mulberry32), so that a failure can be repeated. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
