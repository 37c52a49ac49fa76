import { describeProofs } from '#lib/admin/describe-proofs'
import { getStorageReport } from '#lib/admin/get-storage-report'
import { getConfig } from '#lib/config'
import { VideoModel } from '#lib/db/models/video'
import type { StorageView } from '#lib/domain/storage-view'
import { getLibrary } from '#lib/jobs/library'

/** What the storage page shows. Bytes of videos are those of their sources as uploaded. */
export async function describeStorage(): Promise<StorageView> {
  const library = await getLibrary()
  const [description, [sum], report, proofs] = await Promise.all([
    library.describe(),
    VideoModel.aggregate<{ sizeBytes: number }>([
      { $match: { deletedAt: null } },
      { $group: { _id: null, sizeBytes: { $sum: '$source.sizeBytes' } } },
    ]),
    getStorageReport(),
    describeProofs(),
  ])
  return {
    ...description,
    usedByVideosBytes: sum?.sizeBytes ?? 0,
    reserveBytes: getConfig().reserveBytes,
    lowWaterBytes: report.lowWater?.markBytes ?? 0,
    health: report.health,
    alerts: report.alerts,
    proofs,
  }
}
