import { toSessionViewer } from '#lib/auth/find-viewer'
import { findClaimedUser } from '#lib/auth/session-token'
import { findTokenViewerById } from '#lib/auth/token-viewer'
import { ShareLinkModel, type ShareLinkRecord } from '#lib/db/models/share-link'
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
    await noteUse(link)
    return { viewer: null, proof: { linkId: link._id } }
  }
  if (kind === 'token') return { viewer: await findTokenViewerById(id), proof: {} }
  const user = await findClaimedUser({ userId: id, sessionVersion: version })
  return { viewer: user && toSessionViewer(user), proof: {} }
}

const LAST_USED_STEP_MS = 60_000

/** Once a minute at most: a player that asks for segments must not write to the database each time. */
async function noteUse({ _id, lastUsedAt }: ShareLinkRecord): Promise<void> {
  const now = Date.now()
  if (lastUsedAt !== null && now - lastUsedAt.getTime() < LAST_USED_STEP_MS) return
  await ShareLinkModel.updateOne({ _id }, { $set: { lastUsedAt: new Date(now) } })
}
