import { ProofModel } from '#lib/db/models/proof'
import { VideoModel } from '#lib/db/models/video'
import type { StorageView } from '#lib/domain/storage-view'

const NAMED_MAX = 100

/** How far the verifying of all videos is, and which are not played because they are damaged. What lies in the bin has no turn. */
export async function describeProofs(): Promise<StorageView['proofs']> {
  const binned = await VideoModel.find({ deletedAt: { $ne: null } }, { _id: 1 })
    .setOptions({ sanitizeFilter: false })
    .lean()
  const others = { _id: { $nin: binned.map(({ _id }) => _id) } }
  const count = (filter: object) =>
    ProofModel.countDocuments({ ...others, ...filter }).setOptions({ sanitizeFilter: false })
  const [videoCount, verifiedCount, pendingCount, oldest, reading, damaged] = await Promise.all([
    count({}),
    count({ verifiedAt: { $ne: null } }),
    count({ requestedAt: { $ne: null } }),
    ProofModel.findOne({ ...others, verifiedAt: { $ne: null } }, { verifiedAt: 1 })
      .sort({ verifiedAt: 1 })
      .setOptions({ sanitizeFilter: false })
      .lean(),
    ProofModel.findOne({ cursor: { $ne: null } }, { cursor: 1 })
      .setOptions({ sanitizeFilter: false })
      .lean(),
    VideoModel.find({ quarantine: { $ne: null }, deletedAt: null }, { title: 1 })
      .limit(NAMED_MAX)
      .setOptions({ sanitizeFilter: false })
      .lean(),
  ])
  const proofs = await ProofModel.find({ _id: { $in: damaged.map(({ _id }) => _id) } }, { sentence: 1 })
    .setOptions({ sanitizeFilter: false })
    .lean()
  return {
    videoCount,
    verifiedCount,
    pendingCount,
    oldestVerifiedAt: oldest?.verifiedAt?.toISOString() ?? null,
    reading: reading?.cursor
      ? { videoId: reading._id, progress: reading.cursor.readBytes / Math.max(1, reading.cursor.totalBytes) }
      : null,
    quarantined: damaged.map(({ _id, title }) => ({
      id: _id,
      title,
      sentence: proofs.find((proof) => proof._id === _id)?.sentence ?? '',
    })),
  }
}
