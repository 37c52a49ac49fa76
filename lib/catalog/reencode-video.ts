import { getView, requireEditableVideo } from '#lib/catalog/get-video'
import { snapshotBefore } from '#lib/catalog/snapshot-before'
import { forgetEncoding } from '#lib/catalog/stop-jobs'
import { JobModel } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { moveVideo } from '#lib/db/move-video'
import type { Viewer } from '#lib/domain/permissions'
import type { VideoView } from '#lib/domain/video-view'
import { PeekrError } from '#lib/errors'
import { enqueueJob } from '#lib/jobs/leases'
import { getLibrary } from '#lib/jobs/library'
import { settleSources } from '#lib/jobs/settle-sources'
import { exists } from '#lib/storage/exists'
import type { Snapshot } from '#lib/storage/storage'

/**
 * Makes a ready video's playable version anew from its kept source. What plays now goes on playing until the new one is
 * verified and takes its place; the snapshot taken before brings it back.
 * @returns the video as it is then, and the snapshot that undoes it.
 * @throws conflict in a sentence: when it is not ready, or its source was not kept; not_found, sign_in_required, forbidden
 */
export async function reencodeVideo(asked: {
  viewer: Viewer | null
  videoId: string
}): Promise<{ video: VideoView; undo: Snapshot | null }> {
  const { viewer, videoId } = asked
  const { state } = await requireEditableVideo(asked)
  if (state !== 'ready') {
    throw new PeekrError('conflict', {
      message: `This video is ${state}; only one that is ready can be encoded anew.`,
    })
  }
  await settleSources(videoId)
  if (!(await exists((await getLibrary()).sourcePath(videoId)))) {
    throw new PeekrError('conflict', {
      message:
        'The original file of this video was not kept, so there is nothing to encode it from. Upload it again; to keep originals, an administrator chooses so in the settings.',
    })
  }
  const undo = await snapshotBefore(videoId, 'reencode')
  await forgetEncoding(videoId)
  if (!(await moveVideo(videoId, 'transcoding', { progress: 0 }, ['ready']))) throw new PeekrError('conflict')
  // A library that was rebuilt from its files has no memory of what was found in the source; it is looked at again.
  const isProbed = (await JobModel.exists({ videoId, kind: 'ingest', state: 'done' })) !== null
  await enqueueJob(isProbed ? 'plan' : 'ingest', videoId)
  const record = await VideoModel.findOne({ _id: videoId, deletedAt: null }).lean()
  if (record === null) throw new PeekrError('not_found')
  return { video: await getView(record, viewer), undo }
}
