import type { Visibility } from '#lib/domain/video'

export const ROLES = ['viewer', 'uploader', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** What an API token may do. A browser session has every scope of its role. */
export const SCOPES = ['videos:read', 'videos:write', 'uploads:write', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

const SCOPES_BY_ROLE: Record<Role, readonly Scope[]> = {
  viewer: ['videos:read'],
  uploader: ['videos:read', 'videos:write', 'uploads:write'],
  admin: SCOPES,
}

export function scopesOfRole(role: Role): readonly Scope[] {
  return SCOPES_BY_ROLE[role]
}

/** Who is asking, as proven by a session or a token. `null` stands for nobody in particular. */
export interface Viewer {
  userId: string
  name: string
  email: string
  role: Role
  scopes: readonly Scope[]
  via: 'session' | 'token'
}

interface Owned {
  ownerId: string
  visibility: Visibility
}

/** Only what both the role and, for a token, its scopes allow. */
export function hasScope(viewer: Viewer | null, scope: Scope): boolean {
  return viewer !== null && scopesOfRole(viewer.role).includes(scope) && viewer.scopes.includes(scope)
}

function isOwnerOrAdmin(viewer: Viewer | null, video: Owned): boolean {
  if (viewer === null) return false
  return viewer.userId === video.ownerId || hasScope(viewer, 'admin')
}

export function canWatch(viewer: Viewer | null, video: Owned): boolean {
  if (video.visibility !== 'private') return true
  return canSeeSource(viewer, video)
}

/** Whether they may know where a video came from: its file's name and hash, which say more than the video shows. */
export function canSeeSource(viewer: Viewer | null, video: Owned): boolean {
  return hasScope(viewer, 'videos:read') && isOwnerOrAdmin(viewer, video)
}

export function canEdit(viewer: Viewer | null, video: Owned): boolean {
  return hasScope(viewer, 'videos:write') && isOwnerOrAdmin(viewer, video)
}

export function canUpload(viewer: Viewer | null): boolean {
  return hasScope(viewer, 'uploads:write')
}

export function canAdminister(viewer: Viewer | null): boolean {
  return hasScope(viewer, 'admin')
}
