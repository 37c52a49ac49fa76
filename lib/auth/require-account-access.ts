import { hasScope, scopesOfRole, type Viewer } from '#lib/domain/permissions'
import { PeekrError } from '#lib/errors'
import { requireViewer } from '#lib/http/require-viewer'

/**
 * The viewer, who may change the account itself: its name, password and tokens. A token that was given only some of
 * its account's scopes may not, or it could make itself a greater one.
 * @throws sign_in_required, forbidden
 */
export function requireAccountAccess(viewer: Viewer | null): Viewer {
  const known = requireViewer(viewer)
  if (scopesOfRole(known.role).every((scope) => hasScope(known, scope))) return known
  throw new PeekrError('forbidden', {
    message: 'This token may not change the account. Sign in, or use a token with every scope.',
  })
}
