const BLOCK_BYTES = 64

/**
 * SHA-256 (FIPS 180-4) in hexadecimal, for browsers: their own is withheld from pages that came over plain HTTP, as those
 * of a server at home do. Some 50 MB a second; for two MiB that is nothing, for a whole video it is the server's to do.
 */
export function computeSha256(bytes: Uint8Array): string {
  const state = new Uint32Array(INITIAL)
  const schedule = new Uint32Array(BLOCK_BYTES)
  const view = new DataView(pad(bytes).buffer)
  for (let start = 0; start < view.byteLength; start += BLOCK_BYTES) addBlock(state, schedule, view, start)
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('')
}

/** The message, one bit, zeros, and its length in bits in the last 64 (§5.1.1). */
function pad(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / BLOCK_BYTES) * BLOCK_BYTES)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n)
  return padded
}

/** §6.2.2. Every sum is cut to 32 bits. */
function addBlock(state: Uint32Array, schedule: Uint32Array, view: DataView, start: number): void {
  for (let at = 0; at < 16; at += 1) schedule[at] = view.getUint32(start + at * 4)
  for (let at = 16; at < 64; at += 1) {
    const far = get(schedule, at - 15)
    const near = get(schedule, at - 2)
    const first = turn(far, 7) ^ turn(far, 18) ^ (far >>> 3)
    const second = turn(near, 17) ^ turn(near, 19) ^ (near >>> 10)
    schedule[at] = get(schedule, at - 16) + first + get(schedule, at - 7) + second
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as Eight
  for (let at = 0; at < 64; at += 1) {
    const mixed = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)
    const chosen = (e & f) ^ (~e & g)
    const sum = (h + mixed + chosen + get(CONSTANTS, at) + get(schedule, at)) | 0
    const spread = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    h = g
    g = f
    f = e
    e = (d + sum) | 0
    d = c
    c = b
    b = a
    a = (sum + spread + majority) | 0
  }
  const work = [a, b, c, d, e, f, g, h]
  for (let at = 0; at < 8; at += 1) state[at] = get(state, at) + (work[at] ?? 0)
}

type Eight = [number, number, number, number, number, number, number, number]

function turn(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits))
}

function get(words: Uint32Array, at: number): number {
  return words[at] ?? 0
}

/** The first 32 bits of the fractional parts of the roots of the first primes: square for the state, cube for the rounds. */
function rootsOfPrimes(count: number, root: (prime: number) => number): Uint32Array {
  const primes: number[] = []
  for (let number = 2; primes.length < count; number += 1) {
    if (primes.every((prime) => number % prime !== 0)) primes.push(number)
  }
  return Uint32Array.from(primes, (prime) => Math.floor((root(prime) % 1) * 2 ** 32))
}
const INITIAL = rootsOfPrimes(8, Math.sqrt)
const CONSTANTS = rootsOfPrimes(64, Math.cbrt)
