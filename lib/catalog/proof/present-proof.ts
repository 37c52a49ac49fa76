import { ProofModel, type ProofRecord } from '#lib/db/models/proof'
import type { VideoRecord } from '#lib/db/models/video'
import type { ProofView } from '#lib/domain/proof-view'
import { getLibrary } from '#lib/jobs/library'
import { exists } from '#lib/storage/exists'
import { parseSnapshotName } from '#lib/storage/snapshot-name'

/** What is known of the bytes of what a video plays now, for those who may change it. */
export async function presentProof(video: VideoRecord): Promise<ProofView> {
  const proof = await ProofModel.findById(video._id, { recipe: 0 }).lean()
  const canReencode = await exists((await getLibrary()).sourcePath(video._id))
  const current = proof !== null && proof.revisionId === video.revision?.id ? proof : null
  return {
    verdict: current?.verdict ?? 'unproved',
    verifiedAt: current?.verifiedAt?.toISOString() ?? null,
    pending: proof !== null && (proof.requestedAt !== null || proof.cursor !== null),
    progress: current === null ? null : findProgress(current),
    sentence: current?.sentence ?? '',
    restores: (current?.restores ?? []).flatMap((name) => {
      const snapshot = parseSnapshotName(name)
      return snapshot === null ? [] : [{ name, createdAt: snapshot.createdAt.toISOString() }]
    }),
    canReencode,
  }
}

function findProgress({ cursor }: Pick<ProofRecord, 'cursor'>): number | null {
  return cursor === null ? null : cursor.readBytes / Math.max(1, cursor.totalBytes)
}
