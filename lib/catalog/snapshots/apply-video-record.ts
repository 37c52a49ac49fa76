import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { requestProof } from '#lib/db/request-proof'
import type { Visibility } from '#lib/domain/video'
import { widensWatching } from '#lib/domain/widens-watching'
import { forgetEndedJobs } from '#lib/jobs/cancel-jobs'
import { getLibrary } from '#lib/jobs/library'
import { settleSources } from '#lib/jobs/settle-sources'
import type { StoredVideo } from '#lib/publish/video-record'
import { exists } from '#lib/storage/exists'

/**
 * Makes a video's record say what a `video.json` says, in one write: its details alone, or with them what plays, which
 * it then does, and the source that was made of, as far as it is kept. Whose it is and when it was first published are
 * facts, and stay; so does who may watch where the file would let in more people than the record does.
 * @param widenFrom lets it: whatever the record says (`any`), or only while it still says this
 * @returns false when the video is gone. Twice is safe.
 */
export async function applyVideoRecord(
  stored: StoredVideo,
  what: 'all' | 'details',
  widenFrom: Visibility | 'any' | null = null,
): Promise<boolean> {
  const { version, id, uploadId, owner, source, createdAt, publishedAt, deletedAt, eraseAt, ...rest } = stored
  const { revision, durationSeconds, width, height, replaced, visibility, ...others } = rest
  const video = await VideoModel.findById(id).lean()
  if (video === null) return false
  const mayWiden = widenFrom === 'any' || widenFrom === video.visibility
  const keepsVisibility = !mayWiden && widensWatching(video.visibility, visibility)
  const details = { ...others, visibility: keepsVisibility ? video.visibility : visibility }
  if (what === 'details') {
    const applied = await VideoModel.updateOne({ _id: id }, { $set: details })
    return applied.matchedCount === 1
  }
  const playing = {
    revision,
    durationSeconds,
    width,
    height,
    playable: true,
    progress: 1,
    failure: null,
    former: null,
    quarantine: null,
  }
  const origin = video.uploadId === uploadId ? null : await planReturn(video, stored)
  const { fingerprint, ...takenBack } = origin ?? {}
  const applied = await VideoModel.updateOne(
    { _id: id },
    {
      $set: { ...details, ...playing, ...takenBack, ...(fingerprint && { fingerprint }), state: 'ready' },
      ...(origin !== null && !fingerprint && { $unset: { fingerprint: 1 } }),
    },
  )
  // What the ingest found is of the other file.
  if (origin !== null) await forgetEndedJobs(id, ['ingest', 'hash'])
  await settleSources(id)
  // What takes the place of something damaged may be damaged as well.
  if (video.quarantine) await requestProof(id, revision.id)
  return applied.matchedCount === 1
}

/** The source of a snapshot from before a replacement comes back; the one that had replaced it is kept in its stead. */
async function planReturn(video: VideoRecord, stored: StoredVideo): Promise<Partial<VideoRecord>> {
  const { uploadId, source } = stored
  const isKept = await exists((await getLibrary()).sourcePath(video._id))
  const replaced = video.replaced ?? []
  const fingerprint = replaced.find((other) => other.uploadId === uploadId)?.fingerprint
  const leaving = { uploadId: video.uploadId, sizeBytes: video.source.sizeBytes, isKept }
  return {
    uploadId,
    source,
    ...(fingerprint && { fingerprint }),
    replaced: [
      ...replaced.filter((other) => other.uploadId !== uploadId),
      { ...leaving, ...(video.fingerprint && { fingerprint: video.fingerprint }) },
    ],
  }
}
