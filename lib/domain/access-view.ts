import type { Visibility } from '#lib/domain/video'

/** Somebody whom a video is shared with. `label` is what its owner called them by. */
export interface PersonView {
  id: string
  name: string
  label: string
}

/** A link as its maker sees it afterwards: everything but its secret. Times are ISO 8601. */
export interface ShareLinkView {
  id: string
  name: string
  createdAt: string
  expiresAt: string
  lastUsedAt: string | null
}

/** Who may watch a video, for those who may change that. */
export interface AccessView {
  visibility: Visibility
  /** Counts only while the visibility is `people`. */
  people: PersonView[]
  /** Counts only while the visibility is `password`. */
  hasPassword: boolean
  /** Newest first, those that are over included. */
  links: ShareLinkView[]
}

export const PEOPLE_MAX = 200
export const LINKS_MAX = 50
/** Of a link, in hours: a year. */
export const LINK_HOURS_MAX = 365 * 24
