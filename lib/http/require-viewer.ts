import { canAdminister, hasScope, type Scope, type Viewer } from '#lib/domain/permissions'
import { PeekrError } from '#lib/errors'

/** The viewer, who must be signed in. @throws sign_in_required */
export function requireViewer(viewer: Viewer | null): Viewer {
  if (viewer === null) throw new PeekrError('sign_in_required')
  return viewer
}

/** The viewer, who must be an administrator. @throws sign_in_required when signed out, forbidden otherwise. */
export function requireAdmin(viewer: Viewer | null): Viewer {
  const known = requireViewer(viewer)
  if (!canAdminister(known)) throw new PeekrError('forbidden')
  return known
}

/** The viewer, who must be signed in with this scope. @throws sign_in_required when signed out, forbidden otherwise. */
export function requireScope(viewer: Viewer | null, scope: Scope): Viewer {
  const known = requireViewer(viewer)
  if (!hasScope(known, scope)) throw new PeekrError('forbidden')
  return known
}
