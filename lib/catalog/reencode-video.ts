import { getView, requireEditableVideo } from '#lib/catalog/get-video'
import { startReencoding } from '#lib/catalog/start-reencoding'
import { VideoModel } from '#lib/db/models/video'
import type { Viewer } from '#lib/domain/permissions'
import type { VideoView } from '#lib/domain/video-view'
import { PeekrError } from '#lib/errors'
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
  const { started, undo } = await startReencoding(videoId)
  if (!started) throw new PeekrError('conflict')
  const record = await VideoModel.findOne({ _id: videoId, deletedAt: null }).lean()
  if (record === null) throw new PeekrError('not_found')
  return { video: await getView(record, viewer), undo }
}
