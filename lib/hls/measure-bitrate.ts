export interface SizedSegment {
  durationSeconds: number
  sizeBytes: number
}

export interface Bitrate {
  peakBps: number
  averageBps: number
}

/**
 * Peak and average of a rendition from its segments, in bits a second, rounded up. Pure. Segments under half the target
 * duration do not count for the peak (RFC 8216 §4.1): a last one of a single key frame would claim a megabit more.
 */
export function measureBitrate(segments: readonly SizedSegment[], targetSeconds: number): Bitrate {
  const long = segments.filter(({ durationSeconds }) => durationSeconds >= targetSeconds / 2)
  const counted = long.length > 0 ? long : segments
  const total = segments.reduce(
    (sum, segment) => ({
      durationSeconds: sum.durationSeconds + segment.durationSeconds,
      sizeBytes: sum.sizeBytes + segment.sizeBytes,
    }),
    { durationSeconds: 0, sizeBytes: 0 },
  )
  const averageBps = rate(total)
  return { peakBps: Math.max(averageBps, ...counted.map(rate)), averageBps }
}

function rate({ durationSeconds, sizeBytes }: SizedSegment): number {
  return durationSeconds > 0 ? Math.ceil((sizeBytes * 8) / durationSeconds) : 0
}
