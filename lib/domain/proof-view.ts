/** What is wrong with a file of a revision: it is gone, no copy of it can be read, or its bytes are others. */
export interface FileFlaw {
  path: string
  problem: 'missing' | 'unreadable' | 'changed'
}

export const PROOF_VERDICTS = ['unproved', 'intact', 'repaired', 'reencoding', 'quarantined'] as const
export type ProofVerdict = (typeof PROOF_VERDICTS)[number]

/** Whether the bytes of what a video plays are proved to be those that were published. Times are ISO 8601. */
export interface ProofView {
  verdict: ProofVerdict
  /** When every byte of what plays now was last read and found right; null while it was not yet. */
  verifiedAt: string | null
  /** Somebody asked for it, and it has not been done yet; or it is being done. */
  pending: boolean
  /** 0 to 1 while it is read. */
  progress: number | null
  /** What was found and what became of it. */
  sentence: string
  /** Snapshots of earlier versions that are whole, for a video that is quarantined; newest first. */
  restores: { name: string; createdAt: string }[]
  /** Whether the original is there to encode it anew from. */
  canReencode: boolean
}

/** The words for when it was last verified: the same in the studio, the admin and the command line. */
export function describeProof(verifiedAt: string | null, nowMs: number): string {
  if (verifiedAt === null) return 'Not verified yet since it was published.'
  const days = Math.floor((nowMs - Date.parse(verifiedAt)) / 86_400_000)
  if (days <= 0) return 'Verified today.'
  return days === 1 ? 'Verified yesterday.' : `Verified ${days} days ago.`
}
