import { join } from 'node:path'
import { type Damage, describeFlaws } from '#lib/catalog/proof/damage'
import { findManifest } from '#lib/catalog/proof/find-manifest'
import type { PublishedVideo } from '#lib/catalog/proof/find-published'
import { readFiles } from '#lib/catalog/proof/read-files'
import { getProof, settleProof } from '#lib/catalog/proof/settle-proof'
import { getSnapshotRecord } from '#lib/catalog/snapshots/get-snapshot-record'
import { VideoModel } from '#lib/db/models/video'
import { recordStorageEvent } from '#lib/db/record-storage-event'
import { REVISIONS_FOLDER } from '#lib/domain/media-paths'
import { isPeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { dropCached } from '#lib/stream/media-cache'
import { forgetStreamAccess } from '#lib/stream/stream-access'

/**
 * Takes a video out of play whose damage nothing repairs, with the reason, and looks for earlier versions of it that are
 * whole, so that they can be offered. Its files stay as they are. Twice is safe.
 */
export async function quarantineVideo({ video, flaws, signal }: Damage): Promise<void> {
  const { _id: videoId, title, revision } = video
  await VideoModel.updateOne(
    { _id: videoId, 'revision.id': revision.id },
    { $set: { quarantine: { at: new Date(), revisionId: revision.id }, playable: false } },
  )
  forgetStreamAccess(videoId)
  dropCached(videoId)
  const before = await getProof(videoId)
  const restores = await findWholeSnapshots(video, signal)
  const offer =
    restores.length > 0
      ? 'An earlier version is whole; restore it from its history.'
      : 'No earlier version is whole: upload the file again, or restore the video from a backup.'
  const sentence = `${describeFlaws(flaws)}, and neither a mirror, a snapshot nor the original could repair it, so it is not played. ${offer}`
  await settleProof(videoId, { verdict: 'quarantined', sentence, flaws, restores })
  if (before?.verdict !== 'quarantined')
    await recordStorageEvent('quarantined', `“${title}”: ${sentence}`, videoId)
}

/** Plays a video again that was found whole. */
export async function releaseVideo({ _id: videoId, title, revision }: PublishedVideo): Promise<void> {
  await VideoModel.updateOne(
    { _id: videoId, 'quarantine.revisionId': revision.id },
    { $set: { quarantine: null, playable: true } },
  )
  forgetStreamAccess(videoId)
  await recordStorageEvent('released', `“${title}” was found whole again, and plays.`, videoId)
}

/** The newest whole snapshot of each other revision: every byte of it was read. */
async function findWholeSnapshots(video: PublishedVideo, signal: AbortSignal): Promise<string[]> {
  const library = await getLibrary()
  const seen = new Set([video.revision.id])
  const whole: string[] = []
  for (const { name } of (await library.listSnapshots(video._id)).reverse()) {
    const revisionId = await findRevisionOf(video._id, name)
    if (revisionId === null || seen.has(revisionId)) continue
    seen.add(revisionId)
    const manifest = (await findManifest(video._id, revisionId))?.manifest
    const folderPath = join(library.snapshotPath(video._id, name), REVISIONS_FOLDER, revisionId)
    if (manifest !== undefined && (await readFiles(folderPath, manifest.files, signal)).length === 0)
      whole.push(name)
  }
  return whole
}

/** Null for a snapshot that is not whole. */
async function findRevisionOf(videoId: string, name: string): Promise<string | null> {
  try {
    return (await getSnapshotRecord(videoId, name)).revision.id
  } catch (error) {
    if (isPeekrError(error)) return null
    throw error
  }
}
