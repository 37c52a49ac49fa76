import { FrequencySketch, hashKey } from '#lib/stream/frequency-sketch'

/** Of the whole, for what came last; the rest is for what is asked for most. */
const WINDOW_SHARE = 1 / 4
/** Of the main part, for what was asked for again since it came in. */
const PROTECTED_SHARE = 4 / 5
/** What one entry is expected to take, for the size of the sketch. */
const TYPICAL_SIZE_BYTES = 64 * 1024

/** How many are looked at to find room for one, and how many of those may turn out to be worth more. */
const VICTIMS_MAX = 64
const PASSED_OVER_MAX = 4

type Region = 'window' | 'probation' | 'protected'

/** A value in the cache. Whoever uses it after the present turn of the event loop holds it meanwhile. */
export interface Kept<V> {
  readonly value: V
}

interface Entry<V> extends Kept<V> {
  readonly key: string
  readonly hash: number
  readonly sizeBytes: number
  value: V
  region: Region
  holders: number
  /** Whether it is still found by its key. */
  listed: boolean
  /** Whether its memory was given back. */
  freed: boolean
}

/**
 * A cache bounded in bytes that a single pass over many files does not wash out (W-TinyLFU: see `frequency-sketch.ts`).
 * What is new enters a window; what leaves the window stays only when it was asked for more often than what would
 * have to go for it. The main part keeps those asked for again (protected) longer than those asked for once.
 *
 * An entry that somebody holds (an answer that is still being sent) keeps its memory, so it is never chosen to go, and
 * counts until it is released: the bound is one on memory, not on what the map names.
 */
export class AdmittingCache<V> {
  readonly #entries = new Map<string, Entry<V>>()
  /** What nobody holds, in the order of use: the first is the next to go. */
  readonly #free: Record<Region, Set<Entry<V>>> = {
    window: new Set(),
    probation: new Set(),
    protected: new Set(),
  }
  readonly #usedBytes: Record<Region, number> = { window: 0, probation: 0, protected: 0 }
  readonly #sketch: FrequencySketch
  readonly #windowBytesMax: number
  readonly #mainBytesMax: number
  readonly #onFree: (value: V) => void

  /** @param onFree told of each value that is neither found nor held any more, so that its memory can be used again */
  constructor(sizeBytesMax: number, onFree: (value: V) => void = () => {}) {
    this.#onFree = onFree
    this.#sketch = new FrequencySketch(sizeBytesMax / TYPICAL_SIZE_BYTES)
    this.#windowBytesMax = Math.floor(sizeBytesMax * WINDOW_SHARE)
    this.#mainBytesMax = sizeBytesMax - this.#windowBytesMax
  }

  /** Bytes of all that is kept, reserved or still held. */
  get usedBytes(): number {
    return this.#usedBytes.window + this.#usedBytes.probation + this.#usedBytes.protected
  }

  /** What is kept under a key. Found or not, it counts as one request for it. */
  get(key: string): Kept<V> | undefined {
    const entry = this.#entries.get(key)
    this.#sketch.record(entry?.hash ?? hashKey(key))
    if (entry === undefined) return undefined
    const isFree = this.#free[entry.region].delete(entry)
    if (entry.region === 'probation') this.#move(entry, 'protected')
    if (isFree) this.#free[entry.region].add(entry)
    this.#demote()
    return entry
  }

  /**
   * Takes memory for a value that is still to be read, if there is any that nobody holds, and holds it for the caller,
   * who calls `fill` and then `release`, or only `release` when the reading failed.
   */
  reserve(key: string, sizeBytes: number): Kept<V | null> | null {
    if (!this.#makeWindowRoom(sizeBytes)) return null
    this.#usedBytes.window += sizeBytes
    const hash = hashKey(key)
    return {
      key,
      hash,
      sizeBytes,
      value: null,
      region: 'window',
      holders: 1,
      listed: false,
      freed: false,
    } as Entry<V | null>
  }

  /** Puts the value into memory that was reserved: from now on it is found. */
  fill(reserved: Kept<V | null>, value: V): Kept<V> {
    const entry = reserved as Entry<V>
    this.drop(entry.key)
    entry.value = value
    entry.listed = true
    this.#entries.set(entry.key, entry)
    return entry
  }

  /** Keeps the memory of an entry until it is released as often as it was held. */
  hold(kept: Kept<V>): void {
    const entry = kept as Entry<V>
    // It was forgotten since it was found, and counts again.
    if (entry.holders === 0 && !entry.listed) this.#usedBytes[entry.region] += entry.sizeBytes
    entry.holders += 1
    this.#free[entry.region].delete(entry)
  }

  /** Lets go of what was held or reserved; its memory is free when it is not kept any more. */
  release(kept: Kept<V | null>): void {
    const entry = kept as Entry<V>
    entry.holders -= 1
    if (entry.holders > 0) return
    if (entry.listed) this.#free[entry.region].add(entry)
    else this.#letGo(entry)
  }

  /** Forgets a key at once; who holds its value may finish with it. */
  drop(key: string): void {
    const entry = this.#entries.get(key)
    if (entry !== undefined) this.#forget(entry)
  }

  /** The keys of all that can be found. */
  keys(): IterableIterator<string> {
    return this.#entries.keys()
  }

  #forget(entry: Entry<V>): void {
    this.#entries.delete(entry.key)
    entry.listed = false
    if (this.#free[entry.region].delete(entry)) this.#letGo(entry)
  }

  /** Whoever found it in this turn of the event loop may yet use or hold it, so that its memory is free in the next. */
  #letGo(entry: Entry<V>): void {
    this.#usedBytes[entry.region] -= entry.sizeBytes
    setImmediate(() => {
      if (entry.holders > 0 || entry.freed || entry.value === null) return
      entry.freed = true
      this.#onFree(entry.value)
    })
  }

  #move(entry: Entry<V>, region: Region): void {
    this.#usedBytes[entry.region] -= entry.sizeBytes
    this.#usedBytes[region] += entry.sizeBytes
    entry.region = region
  }

  #makeWindowRoom(sizeBytes: number): boolean {
    if (sizeBytes > this.#windowBytesMax) return false
    while (this.#usedBytes.window + sizeBytes > this.#windowBytesMax) {
      const [oldest] = this.#free.window
      if (oldest === undefined) return false
      this.#admitOrForget(oldest)
    }
    return true
  }

  /** Moves a candidate from the window to the main part if it is worth more than those that must go for it. */
  #admitOrForget(candidate: Entry<V>): void {
    const victims = this.#findVictims(candidate)
    if (victims === null) {
      this.#forget(candidate)
      return
    }
    for (const victim of victims) this.#forget(victim)
    this.#free.window.delete(candidate)
    this.#move(candidate, 'probation')
    this.#free.probation.add(candidate)
  }

  /**
   * Those that would have to go, of the longest unused; null when they were asked for as often together as the
   * candidate, or there are not enough that nobody holds. One that alone is worth as much has proven itself and goes to
   * the end of the line, or it would stand before all others that are worth less.
   */
  #findVictims(candidate: Entry<V>): Entry<V>[] | null {
    let missingBytes =
      this.#usedBytes.probation + this.#usedBytes.protected + candidate.sizeBytes - this.#mainBytesMax
    let worth = this.#sketch.estimate(candidate.hash)
    let passedOver = 0
    const victims: Entry<V>[] = []
    for (const region of ['probation', 'protected'] as const) {
      const line = this.#free[region]
      // Those put at the end of the line would come up again.
      for (const victim of line.values().take(VICTIMS_MAX).toArray()) {
        if (missingBytes <= 0) return victims
        const victimWorth = this.#sketch.estimate(victim.hash)
        if (victimWorth >= worth) {
          line.delete(victim)
          line.add(victim)
          passedOver += 1
          if (passedOver >= PASSED_OVER_MAX) return null
          continue
        }
        worth -= victimWorth
        victims.push(victim)
        missingBytes -= victim.sizeBytes
      }
    }
    return missingBytes <= 0 ? victims : null
  }

  /** Keeps the protected within their share; those used longest ago have to prove themselves again. */
  #demote(): void {
    while (this.#usedBytes.protected > this.#mainBytesMax * PROTECTED_SHARE) {
      const [oldest] = this.#free.protected
      if (oldest === undefined) return
      this.#free.protected.delete(oldest)
      this.#move(oldest, 'probation')
      this.#free.probation.add(oldest)
    }
  }
}
