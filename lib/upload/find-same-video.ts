import { VideoModel } from '#lib/db/models/video'

/** The newest of an owner's videos, other than `videoId`, that was made of a file with this fingerprint; else null. */
export async function findSameVideo(asked: {
  ownerId: string
  fingerprint: string | undefined
  videoId: string
}): Promise<string | null> {
  const { ownerId, fingerprint, videoId } = asked
  if (fingerprint === undefined) return null
  const same = await VideoModel.findOne(
    { ownerId, fingerprint, _id: { $ne: videoId }, state: { $ne: 'failed' }, deletedAt: null },
    { _id: 1 },
  )
    .sort({ createdAt: -1 })
    .setOptions({ sanitizeFilter: false })
    .lean()
  return same?._id ?? null
}
