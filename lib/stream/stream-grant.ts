/** Who else may have an answer: any cache and any site, or only whoever asked. */
export type Audience = 'public' | 'private'

/** What `authorizeStream` says of a request that may be answered. */
export interface StreamGrant {
  audience: Audience
  /** The revision is still being made: its playlists change, and nothing of it may be called immutable. */
  growing?: boolean
}
