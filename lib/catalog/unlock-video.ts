import { createAccessCookie } from '#lib/auth/access-cookie'
import { verifyPassword } from '#lib/auth/password'
import { forgiveAttempt, requireAttempt, videoPasswordLimits } from '#lib/auth/rate-limit'
import type { UnlockBody } from '#lib/catalog/access-schema'
import { findVideoRecord, getView, noSuchVideo } from '#lib/catalog/get-video'
import { redeemShareLink } from '#lib/catalog/share-links'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { findGrant } from '#lib/domain/grant'
import { isId } from '#lib/domain/id'
import type { Viewer, WatchProof, WatchReason } from '#lib/domain/permissions'
import type { VideoView } from '#lib/domain/video-view'
import { PeekrError } from '#lib/errors'

interface Asked {
  viewer: Viewer | null
  videoId: string
  request: Request
  clientAddress: string
}

/**
 * Lets somebody in to a video by its password or by a link: the video, and the cookie that lets this browser in from
 * now on, until the password is changed or the link ends.
 * @throws wrong_credentials, too_many_attempts, not_found for every link that does not hold, and for a video that
 *   asks for no password
 */
export async function unlockVideo(
  asked: Asked,
  body: UnlockBody,
): Promise<{ video: VideoView; cookie: string }> {
  return 'password' in body ? unlockByPassword(asked, body.password) : unlockByLink(asked, body.link)
}

/** Whether a video is there and asks for a password, for the page that then asks for it. Says nothing else of it. */
export async function asksForPassword(videoId: string): Promise<boolean> {
  return isId(videoId) && (await findProtected(videoId)) !== null
}

async function unlockByPassword(asked: Asked, password: string) {
  const { videoId, clientAddress } = asked
  const record = isId(videoId) ? await findProtected(videoId) : null
  if (record === null) throw noSuchVideo()
  const limits = videoPasswordLimits(videoId, clientAddress)
  await requireAttempt(limits)
  if (!(await verifyPassword(password, record.access?.passwordHash ?? null))) {
    const message = 'This password is wrong. Check it with whoever gave it to you.'
    throw new PeekrError('wrong_credentials', { message, fields: { password: message } })
  }
  await forgiveAttempt(limits)
  // The version that was read together with the hash: one that was changed meanwhile lets nobody in.
  return letIn(asked, record, 'password', { passwordVersion: record.access?.passwordVersion ?? 0 })
}

async function unlockByLink(asked: Asked, secret: string) {
  const record = await findVideoRecord(asked.videoId)
  const link = record && (await redeemShareLink(record._id, secret))
  if (record === null || link === null) {
    throw new PeekrError('not_found', {
      message: 'This link does not work: it is over, was revoked, or is not complete. Ask for a new one.',
    })
  }
  return letIn(asked, record, 'link', { linkId: link._id }, link.expiresAt)
}

async function letIn(
  { viewer, videoId, request }: Asked,
  record: VideoRecord,
  reason: WatchReason,
  proof: WatchProof,
  expiresAt?: Date,
): Promise<{ video: VideoView; cookie: string }> {
  const grant = findGrant(reason, viewer, proof)
  if (grant === null) throw noSuchVideo()
  return {
    video: await getView(record, viewer, proof),
    cookie: createAccessCookie({ request, videoId, grant, ...(expiresAt && { expiresAt }) }),
  }
}

/** The only reading of a password's hash. */
async function findProtected(videoId: string): Promise<VideoRecord | null> {
  const filter = {
    _id: videoId,
    deletedAt: null,
    visibility: 'password' as const,
    'access.passwordVersion': { $gt: 0 },
  }
  return VideoModel.findOne(filter)
    .select('+access.passwordHash')
    .setOptions({ sanitizeFilter: false })
    .lean()
}
