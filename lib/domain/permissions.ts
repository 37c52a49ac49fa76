import type { Grant } from '#lib/domain/grant'
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
  /** What proved it, for media URLs that must end when it does. Those the server itself makes up have none. */
  credential?: Grant
}

interface Owned {
  ownerId: string
}

/** What decides who may watch a video. */
export interface Watchable extends Owned {
  visibility: Visibility
  access?: {
    people: readonly { userId: string }[]
    /** Counts the passwords it has had; 0 while it never had one. */
    passwordVersion: number
  }
}

/** What somebody shows for one video beside who they are. Whoever fills it in has checked it. */
export interface WatchProof {
  /** The version of the video's password that they gave. */
  passwordVersion?: number
  /** A link to this very video that is neither over nor revoked. */
  linkId?: string
}

/** Why somebody may watch: everybody may, their account may, they gave the password, or they hold a link. */
export type WatchReason = 'anyone' | 'account' | 'password' | 'link'

/** Only what both the role and, for a token, its scopes allow. */
export function hasScope(viewer: Viewer | null, scope: Scope): boolean {
  return viewer !== null && scopesOfRole(viewer.role).includes(scope) && viewer.scopes.includes(scope)
}

function isOwnerOrAdmin(viewer: Viewer | null, video: Owned): boolean {
  if (viewer === null) return false
  return viewer.userId === video.ownerId || hasScope(viewer, 'admin')
}

/**
 * Whether somebody may watch a video, and why: the one decision behind pages, REST and every byte under `/stream`.
 * @returns null when they may not
 */
export function authorize(
  viewer: Viewer | null,
  video: Watchable,
  proof: WatchProof = {},
): WatchReason | null {
  const { visibility, access } = video
  if (isOpen(visibility)) return 'anyone'
  if (canSeeSource(viewer, video)) return 'account'
  if (visibility === 'people' && viewer !== null && hasScope(viewer, 'videos:read')) {
    if (access?.people.some(({ userId }) => userId === viewer.userId)) return 'account'
  }
  if (visibility === 'password' && access !== undefined && access.passwordVersion > 0) {
    if (proof.passwordVersion === access.passwordVersion) return 'password'
  }
  return proof.linkId === undefined ? null : 'link'
}

export function canWatch(viewer: Viewer | null, video: Watchable, proof: WatchProof = {}): boolean {
  return authorize(viewer, video, proof) !== null
}

/** Whether everybody may watch who knows where it is, so that caches and other sites may have it. */
export function isOpen(visibility: Visibility): boolean {
  return visibility === 'public' || visibility === 'unlisted'
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
