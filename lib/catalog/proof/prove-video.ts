import { type FoundManifest, findManifest } from '#lib/catalog/proof/find-manifest'
import { findPublished, type PublishedVideo } from '#lib/catalog/proof/find-published'
import { healVideo } from '#lib/catalog/proof/heal-video'
import { releaseVideo } from '#lib/catalog/proof/quarantine-video'
import { planBatches, readBatch } from '#lib/catalog/proof/read-files'
import { replaceManifest } from '#lib/catalog/proof/replace-manifest'
import { getProof, settleProof } from '#lib/catalog/proof/settle-proof'
import { ProofModel, type ProofRecord } from '#lib/db/models/proof'
import { VideoModel } from '#lib/db/models/video'
import { recordStorageEvent } from '#lib/db/record-storage-event'
import { MANIFEST } from '#lib/domain/media-paths'
import type { FileFlaw } from '#lib/domain/proof-view'
import { PeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'

/**
 * Reads every byte of what a video plays from the disk and compares it with the signed manifest; what is found damaged is
 * repaired where it can be, and the video quarantined where not. Goes on where a reading that was cut off had got to. The
 * caller holds the lease named `proof`.
 * @returns what is known now; null for a video that has nothing published
 * @throws cancelled; storage_unavailable when the disk as a whole is not there, which says nothing of one video
 */
export async function proveVideo(videoId: string, signal: AbortSignal): Promise<ProofRecord | null> {
  const video = await findPublished(videoId)
  if (video === null) {
    // One in the bin keeps what is known of it; its turn comes again.
    if ((await VideoModel.exists({ _id: videoId })) === null) await ProofModel.deleteOne({ _id: videoId })
    else
      await ProofModel.updateOne(
        { _id: videoId },
        { $set: { requestedAt: null, cursor: null, checkedAt: new Date() } },
      )
    return null
  }
  await requireDisk()
  const revisionId = video.revision.id
  await openProof(videoId, revisionId)
  const found = await findManifest(videoId, revisionId)
  const flaws = found === null ? [MISSING_MANIFEST] : await readRevision(videoId, found, signal)
  // It was restored or encoded anew meanwhile: what was read is of no account.
  if ((await findPublished(videoId))?.revision.id !== revisionId) return getProof(videoId)
  if (found !== null && flaws.length === 0) await settleIntact(video, found)
  else await healVideo({ video, found, flaws, signal })
  return getProof(videoId)
}

const MISSING_MANIFEST: FileFlaw = { path: MANIFEST, problem: 'missing' }

/** An empty library is a disk that is not mounted, and no reason to quarantine everything. */
async function requireDisk(): Promise<void> {
  if ((await (await getLibrary()).listVideoIds()).length > 0) return
  throw new PeekrError('storage_unavailable')
}

/** Makes the record, or begins it anew when another revision plays than the one it is about. */
async function openProof(videoId: string, revisionId: string): Promise<void> {
  const known = await getProof(videoId)
  if (known?.revisionId === revisionId) return
  const now = new Date()
  const fresh = {
    revisionId,
    verdict: 'unproved' as const,
    verifiedAt: null,
    cursor: null,
    flaws: [],
    restores: [],
  }
  await ProofModel.updateOne({ _id: videoId }, { $set: { ...fresh, checkedAt: now } }, { upsert: true })
}

async function readRevision(
  videoId: string,
  { manifest }: FoundManifest,
  signal: AbortSignal,
): Promise<FileFlaw[]> {
  const library = await getLibrary()
  const { revisionId, files } = manifest
  const known = (await getProof(videoId))?.cursor
  const from = known?.revisionId === revisionId ? known : null
  const flaws = [...(from?.flaws ?? [])]
  let readBytes = from?.readBytes ?? 0
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  // The manifest is sorted by path.
  for (const batch of planBatches(files.filter(({ path }) => from === null || path > from.path))) {
    flaws.push(...(await readBatch(library.revisionPath(videoId, revisionId), batch, signal)))
    readBytes += batch.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const cursor = { revisionId, path: batch.at(-1)?.path ?? '', readBytes, totalBytes, flaws }
    await ProofModel.updateOne({ _id: videoId }, { $set: { cursor } })
  }
  return flaws
}

async function settleIntact(video: PublishedVideo, found: FoundManifest): Promise<void> {
  const { _id: videoId } = video
  const library = await getLibrary()
  if (found.folderPath !== library.revisionPath(videoId, video.revision.id))
    await replaceManifest(video, found)
  const sentence = found.isSigned
    ? ''
    : 'Every file is as its manifest says, but this server did not sign the manifest: its key was replaced, or the video came from another server. Encode the video anew to have it signed.'
  const before = await getProof(videoId)
  if (!found.isSigned && before?.sentence !== sentence)
    await recordStorageEvent('not-ours', `“${video.title}”: ${sentence}`, videoId)
  await settleProof(videoId, { verdict: 'intact', verifiedAt: new Date(), sentence })
  if (video.quarantine) await releaseVideo(video)
}
