import { toSessionViewer } from '#lib/auth/find-viewer'
import { findClaimedUser } from '#lib/auth/session-token'
import { findTokenViewerById } from '#lib/auth/token-viewer'
import { ShareLinkModel } from '#lib/db/models/share-link'
import type { Grant } from '#lib/domain/grant'
import type { Viewer, WatchProof } from '#lib/domain/permissions'

/** Who asks for a video, and what they show for it: what `authorize` decides from. */
export interface Asker {
  viewer: Viewer | null
  proof: WatchProof
}

export const NOBODY: Asker = { viewer: null, proof: {} }

/** What a grant for this video stands for now; nobody when what it came from is over. */
export async function resolveGrant({ kind, id, version }: Grant, videoId: string): Promise<Asker> {
  if (kind === 'password') return { viewer: null, proof: { passwordVersion: version } }
  if (id === null) return NOBODY
  if (kind === 'link') {
    const link = await ShareLinkModel.findOne({ _id: id, videoId }).lean()
    if (link === null || link.expiresAt.getTime() <= Date.now()) return NOBODY
    return { viewer: null, proof: { linkId: link._id } }
  }
  if (kind === 'token') return { viewer: await findTokenViewerById(id), proof: {} }
  const user = await findClaimedUser({ userId: id, sessionVersion: version })
  return { viewer: user && toSessionViewer(user), proof: {} }
}
