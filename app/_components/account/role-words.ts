import type { Role } from '#lib/domain/permissions'

/** How each role is named, everywhere the same. */
export const ROLE_WORDS: Record<Role, string> = {
  viewer: 'Viewer',
  uploader: 'Uploader',
  admin: 'Administrator',
}
