import { randomBytes } from 'node:crypto'
import { hashToken } from '#lib/auth/token-viewer'
import { requireEditableVideo } from '#lib/catalog/get-video'
import { ShareLinkModel, type ShareLinkRecord } from '#lib/db/models/share-link'
import { LINKS_MAX, type ShareLinkView } from '#lib/domain/access-view'
import { createId } from '#lib/domain/id'
import type { Viewer } from '#lib/domain/permissions'
import { PeekrError } from '#lib/errors'
import { forgetGrant } from '#lib/stream/find-grant-asker'

interface Asked {
  viewer: Viewer | null
  videoId: string
}

const HOUR_MS = 60 * 60 * 1000

/**
 * Makes a link that opens a video to whoever has it, until it expires or is revoked. The URL is returned this once;
 * of its secret (256 random bits) only the hash is stored. The secret stands behind the `#`, which browsers send to
 * no server, so no log of a server or proxy on the way can hold it, nor the address another site is told.
 * @throws not_found, sign_in_required, forbidden, conflict beyond 50 links
 */
export async function createShareLink(
  asked: Asked & { name: string; expiresInHours: number },
): Promise<ShareLinkView & { url: string }> {
  const { videoId, name, expiresInHours } = asked
  await requireEditableVideo(asked)
  if ((await ShareLinkModel.countDocuments({ videoId })) >= LINKS_MAX) {
    throw new PeekrError('conflict', {
      message: `This video has ${LINKS_MAX} links already. Revoke one that is no longer needed.`,
    })
  }
  const secret = randomBytes(32).toString('base64url')
  const createdAt = new Date()
  const record: ShareLinkRecord = {
    _id: createId(),
    videoId,
    name,
    secretHash: hashToken(secret),
    createdAt,
    expiresAt: new Date(createdAt.getTime() + expiresInHours * HOUR_MS),
    lastUsedAt: null,
  }
  await ShareLinkModel.create(record)
  return { ...presentShareLink(record), url: `/shared/${videoId}#${secret}` }
}

/**
 * Ends a link: whoever came in by it is out with the next page, and within 10 s with the next segment.
 * @throws not_found also when the video has no such link, sign_in_required, forbidden
 */
export async function revokeShareLink(asked: Asked & { linkId: string }): Promise<void> {
  const { videoId, linkId } = asked
  await requireEditableVideo(asked)
  const { deletedCount } = await ShareLinkModel.deleteOne({ _id: linkId, videoId })
  if (deletedCount === 0) throw new PeekrError('not_found', { message: 'There is no such link.' })
  forgetGrant({ kind: 'link', id: linkId, version: 0 }, videoId)
}

/** The link of this secret, while it holds for this video; notes that it was used. Null otherwise. */
export async function redeemShareLink(videoId: string, secret: string): Promise<ShareLinkRecord | null> {
  const now = new Date()
  return ShareLinkModel.findOneAndUpdate(
    { secretHash: hashToken(secret), videoId, expiresAt: { $gt: now } },
    { $set: { lastUsedAt: now } },
    { returnDocument: 'after' },
  )
    .setOptions({ sanitizeFilter: false })
    .lean()
}

/** Names each field, so that the hash is not shown by accident. */
export function presentShareLink(record: ShareLinkRecord): ShareLinkView {
  return {
    id: record._id,
    name: record.name,
    createdAt: record.createdAt.toISOString(),
    expiresAt: record.expiresAt.toISOString(),
    lastUsedAt: record.lastUsedAt?.toISOString() ?? null,
  }
}
