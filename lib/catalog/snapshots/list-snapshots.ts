import { z } from 'zod'
import { requireEditableVideo } from '#lib/catalog/get-video'
import { VIDEO_RECORD } from '#lib/domain/media-paths'
import type { Viewer } from '#lib/domain/permissions'
import type { SnapshotView } from '#lib/domain/snapshot-view'
import { isPeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { parseVideoRecord, type StoredVideo } from '#lib/publish/video-record'
import type { Snapshot } from '#lib/storage/storage'

/** The query string of the list: with `measure`, what each snapshot alone holds, which takes its time. */
export const SnapshotQuery = z.strictObject({ measure: z.stringbool().default(false) })

/**
 * Every state a video was in that is kept, newest first.
 * @throws not_found, sign_in_required, forbidden: it is for those who may change the video.
 */
export async function listSnapshots(asked: {
  viewer: Viewer | null
  videoId: string
  measure?: boolean
}): Promise<{ items: SnapshotView[] }> {
  const { videoId, measure = false } = asked
  const { revision } = await requireEditableVideo(asked)
  return { items: await describeSnapshots(videoId, { revisionId: revision?.id ?? null, measure }) }
}

/** The same without asking who wants it: for the command line. */
export async function describeSnapshots(
  videoId: string,
  { revisionId, measure }: { revisionId: string | null; measure: boolean },
): Promise<SnapshotView[]> {
  const library = await getLibrary()
  const labels = await library.readSnapshotLabels(videoId)
  const views: SnapshotView[] = []
  for (const snapshot of (await library.listSnapshots(videoId)).reverse()) {
    const stored = await findStored(videoId, snapshot)
    views.push({
      name: snapshot.name,
      // The publish stage names the revision, too, to know its own.
      reason: snapshot.reason.startsWith('publish-') ? 'publish' : snapshot.reason,
      createdAt: snapshot.createdAt.toISOString(),
      label: labels[snapshot.name] ?? null,
      video: stored === null ? null : presentStored(stored, snapshot.name),
      isCurrentRevision: stored !== null && stored.revision.id === revisionId,
      exclusiveBytes: measure ? await library.measureSnapshot(videoId, snapshot.name) : null,
    })
  }
  return views
}

async function findStored(videoId: string, { name }: Snapshot): Promise<StoredVideo | null> {
  const text = await (await getLibrary()).readSnapshotFile(videoId, name, VIDEO_RECORD)
  if (text === null) return null
  try {
    return parseVideoRecord(text.toString('utf8'))
  } catch (error) {
    // It is shown as what it is: one that cannot be read.
    if (isPeekrError(error)) return null
    throw error
  }
}

function presentStored(stored: StoredVideo, name: string): NonNullable<SnapshotView['video']> {
  const { id, title, description, tags, visibility, durationSeconds, revision } = stored
  return {
    title,
    description,
    tags,
    visibility,
    durationSeconds,
    revisionId: revision.id,
    renditions: revision.renditions.map((rendition) => rendition.name),
    poster: revision.poster ? `/api/videos/${id}/snapshots/${name}/poster` : null,
  }
}
