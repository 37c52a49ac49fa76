import { z } from 'zod'
import { requireEditableVideo } from '#lib/catalog/get-video'
import { snapshotLocked } from '#lib/catalog/snapshot-before'
import { noSuchSnapshot } from '#lib/catalog/snapshots/get-snapshot-record'
import { withVideoLock } from '#lib/catalog/with-video-lock'
import type { Viewer } from '#lib/domain/permissions'
import { PeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import type { Snapshot } from '#lib/storage/storage'

const Label = z
  .string()
  .trim()
  .min(1, 'Give it a name, or leave the name out.')
  .max(100, 'Use at most 100 characters.')
  .regex(/^\P{Cc}*$/u, 'Remove the control characters.')

/** The body of taking one, and of naming one: null takes its name away. */
export const NewSnapshot = z.strictObject({ label: Label.nullable().default(null) })
export const SnapshotChanges = z.strictObject({ label: Label.nullable() })

interface Asked {
  viewer: Viewer | null
  videoId: string
}

/**
 * Takes a snapshot because somebody wants one now.
 * @throws not_found, sign_in_required, forbidden; conflict for a video that was never published
 */
export async function takeSnapshot(asked: Asked & { label: string | null }): Promise<Snapshot> {
  await requireEditableVideo(asked)
  return takeSnapshotOf(asked.videoId, asked.label)
}

/** The same without asking who wants it: for the command line. */
export async function takeSnapshotOf(videoId: string, label: string | null): Promise<Snapshot> {
  return withVideoLock(videoId, async () => {
    const snapshot = await snapshotLocked(videoId, 'manual')
    if (snapshot === null) {
      throw new PeekrError('conflict', {
        message: 'There is nothing to keep of this video yet. Take a snapshot once it is ready.',
      })
    }
    if (label !== null) await (await getLibrary()).labelSnapshot(videoId, snapshot.name, label)
    return snapshot
  })
}

/** Names a snapshot, which also keeps it from being pruned. @throws not_found, sign_in_required, forbidden */
export async function labelSnapshot(asked: Asked & { name: string; label: string | null }): Promise<void> {
  const { videoId, name, label } = asked
  await requireEditableVideo(asked)
  await withVideoLock(videoId, async () => {
    const library = await getLibrary()
    await requireSnapshot(videoId, name)
    await library.labelSnapshot(videoId, name, label)
  })
}

/** Removes a snapshot for good; what it alone held is gone. @throws not_found, sign_in_required, forbidden */
export async function deleteSnapshot(asked: Asked & { name: string }): Promise<void> {
  const { videoId, name } = asked
  await requireEditableVideo(asked)
  await withVideoLock(videoId, async () => {
    await requireSnapshot(videoId, name)
    await (await getLibrary()).deleteSnapshot(videoId, name)
  })
}

async function requireSnapshot(videoId: string, name: string): Promise<void> {
  const snapshots = await (await getLibrary()).listSnapshots(videoId)
  if (!snapshots.some((snapshot) => snapshot.name === name)) throw noSuchSnapshot()
}
