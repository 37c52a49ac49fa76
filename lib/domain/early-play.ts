/** What of a video can be watched while its file is still being uploaded. Plain data, kept with the video until it plays itself. */
export interface EarlyPlay {
  /** The folder it is in, beside the revisions; null where it cannot be played early. */
  id: string | null
  availableSeconds: number
  /** Why it cannot, in a sentence for the page. */
  sentence: string | null
  /** Written anew while somebody works on it; long ago means that a process died. */
  beatAt: Date
}

/** A file that can be played from its beginning, and how many bytes tell what is in it. */
export interface PlayableHead {
  kind: 'playable'
  demuxer: 'matroska' | 'mpegts' | 'mov'
  headBytes: number
}

/** What a file's first bytes say about whether it can be played from its beginning. */
export type HeadVerdict = PlayableHead | { kind: 'unknown' } | { kind: 'refused'; sentence: string }

/** What making it says on its way. */
export interface EarlyReport {
  availableSeconds: number
  rung: {
    name: string
    width: number
    height: number
    codecs: string
    frameRate: number | null
    bitrateBps: number
  }
}
