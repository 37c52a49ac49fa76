import { snapshotBefore } from '#lib/catalog/snapshot-before'
import { forgetEncoding } from '#lib/catalog/stop-jobs'
import { JobModel } from '#lib/db/models/job'
import { moveVideo } from '#lib/db/move-video'
import { enqueueJob } from '#lib/jobs/leases'
import type { Snapshot } from '#lib/storage/storage'

/**
 * Queues the making of a ready video's playable version anew. The caller has seen that its source is there.
 * @returns whether this call did, and the snapshot that undoes it
 */
export async function startReencoding(videoId: string): Promise<{ started: boolean; undo: Snapshot | null }> {
  const undo = await snapshotBefore(videoId, 'reencode')
  await forgetEncoding(videoId)
  if (!(await moveVideo(videoId, 'transcoding', { progress: 0 }, ['ready']))) return { started: false, undo }
  // A library that was rebuilt from its files has no memory of what was found in the source; it is looked at again.
  const isProbed = (await JobModel.exists({ videoId, kind: 'ingest', state: 'done' })) !== null
  await enqueueJob(isProbed ? 'plan' : 'ingest', videoId)
  return { started: true, undo }
}
