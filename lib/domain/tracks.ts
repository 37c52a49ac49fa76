/** What a player calls a track: a BCP 47 language (`de`, null when unknown), and a name no other track of its kind has. */
export interface TrackLabel {
  language: string | null
  name: string
}

/** A track of the source that is to be kept beside the picture and the main sound. */
export interface PlannedTrack extends TrackLabel {
  /** Its folder in the revision. */
  folder: string
  streamIndex: number
}

/** What is made of a source's sounds and subtitles. */
export interface TrackPlan {
  /** The sound that plays unless another is chosen; null for a silent video. */
  main: TrackLabel | null
  /** Every other sound. */
  sounds: PlannedTrack[]
  /** Subtitles that are text. */
  subtitles: PlannedTrack[]
  /** A sentence for each track that cannot be kept. */
  leftOut: string[]
}

/** A track as it is published. */
export interface KeptTrack extends TrackLabel {
  folder: string
}

/** The tracks of a revision beside the picture. Plain data. Absent in revisions from before they were kept. */
export interface RevisionTracks {
  main: TrackLabel | null
  sounds: KeptTrack[]
  subtitles: KeptTrack[]
  leftOut: string[]
}

/** What making them came to. */
export interface TracksResult extends RevisionTracks {
  log: string[]
}

/** A video without a second sound or subtitles needs no job for them. Pure. */
export function hasTracks({ sounds, subtitles }: Pick<TrackPlan, 'sounds' | 'subtitles'>): boolean {
  return sounds.length > 0 || subtitles.length > 0
}
