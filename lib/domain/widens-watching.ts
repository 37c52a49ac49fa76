import type { Visibility } from '#lib/domain/video'

/**
 * Whether anybody who may not watch now could with the other visibility. Named people need not know the password, nor the
 * other way round, so between those two each lets somebody in. Pure.
 */
export function widensWatching(from: Visibility, to: Visibility): boolean {
  if (from === to || to === 'private' || from === 'public') return false
  return from !== 'unlisted' || to === 'public'
}
