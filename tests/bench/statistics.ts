/** The middle of these values, or the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[] = []): number {
  const sorted = values.toSorted((left, right) => left - right)
  const [lower, upper] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]]
  return ((lower ?? Number.NaN) + (upper ?? Number.NaN)) / 2
}

/** NaN of none. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
