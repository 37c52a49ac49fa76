import type { Rendition } from '#lib/domain/rendition'
import type { VideoFailure, VideoState, Visibility } from '#lib/domain/video'

/** A video as the REST API and the pages show it. What is not known is null; times are ISO 8601. */
export interface VideoView {
  id: string
  title: string
  description: string
  tags: string[]
  state: VideoState
  playable: boolean
  /** 0 to 1. */
  progress: number
  error: VideoFailure | null
  visibility: Visibility
  durationSeconds: number | null
  width: number | null
  height: number | null
  createdAt: string
  publishedAt: string | null
  owner: { id: string; name: string }
  /** Name and hash are null for those who are neither owner nor administrator. */
  source: { filename: string | null; sizeBytes: number; sha256: string | null }
  /** URLs are root-relative and work for whoever asked. */
  playback: {
    hls: string
    poster: string | null
    /** WebVTT whose cues name parts of pictures beside it. */
    storyboard: string | null
    /** A few silent seconds of it, as MP4. */
    hover: string | null
    captions: { language: string; label: string; url: string }[]
  } | null
  renditions: Rendition[]
  /** Languages to choose from, and sentences on what of the file could not be kept. */
  tracks: { sounds: { language: string | null; label: string }[]; leftOut: string[] }
  /** For its owner, while its file is being uploaded: what plays already, or why nothing does; null for everybody else. */
  early: { availableSeconds: number; sentence: string | null } | null
  /** How far its encode has got; null when none is under way. */
  making: MakingView | null
}

export interface MakingView {
  /** How much of it can be played already. */
  availableSeconds: number
  /** Seconds of video a second, all renditions together. */
  speed: number | null
  secondsLeft: number | null
  renditions: MakingRendition[]
}

/** One rendition of a video that is being made. */
export interface MakingRendition {
  name: string
  /** What can be watched of it, 0 to 1. */
  progress: number
  /** Seconds of video a second, together with those that are made beside it. */
  speed: number | null
  secondsLeft: number | null
}

export interface VideoPage {
  items: VideoView[]
  nextCursor: string | null
}

export const VIDEO_SORTS = ['newest', 'oldest', 'title', 'longest'] as const
export type VideoSort = (typeof VIDEO_SORTS)[number]
