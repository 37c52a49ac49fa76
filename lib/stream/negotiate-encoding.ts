export type Encoding = 'br' | 'gzip'

/** In our order of liking, for clients that like both as much. */
const ENCODINGS: readonly Encoding[] = ['br', 'gzip']
const WEIGHT = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/
/** No client needs more than this to say what it takes. */
const HEADER_LENGTH_MAX = 1_000

/**
 * The best of the `offered` encodings for an Accept-Encoding header (RFC 9110 §12.5.3): the highest `q`, and of those
 * the smaller one; null for the bytes as they are. `identity` counts only when it is preferred by its weight.
 */
export function negotiateEncoding(header: string | null, offered: readonly Encoding[]): Encoding | null {
  if (header === null || offered.length === 0 || header.length > HEADER_LENGTH_MAX) return null
  const weights = parseWeights(header)
  let best: Encoding | null = null
  let bestWeight = 0
  for (const encoding of ENCODINGS) {
    if (!offered.includes(encoding)) continue
    const weight = weights.get(encoding) ?? weights.get('*') ?? 0
    if (weight > bestWeight) [best, bestWeight] = [encoding, weight]
  }
  // Without a word about identity, anything that was named is preferred to it.
  return best !== null && (weights.get('identity') ?? 0) <= bestWeight ? best : null
}

function parseWeights(header: string): Map<string, number> {
  const weights = new Map<string, number>()
  for (const entry of header.toLowerCase().split(',')) {
    const [coding = '', ...parameters] = entry.split(';').map((part) => part.trim())
    if (coding === '') continue
    const given = parameters.find((parameter) => parameter.startsWith('q='))
    // A weight that is none makes the entry count for nothing.
    weights.set(
      coding === 'x-gzip' ? 'gzip' : coding,
      given === undefined ? 1 : Number(WEIGHT.exec(given)?.[1] ?? 0),
    )
  }
  return weights
}
