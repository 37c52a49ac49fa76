/**
 * Names of one file, each asked for once: none is in Peekr's cache, and all are in the kernel's, for both servers. As
 * many as can be sent in a run; ext4 allows 65,000.
 */
export const COLD_SEGMENTS = 62_000

/** Number 0 is the one that is asked for over and over. */
export function segmentName(number: number): string {
  return `segment-${String(number).padStart(5, '0')}.m4s`
}
