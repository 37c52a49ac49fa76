import { setTimeout as sleep } from 'node:timers/promises'
import { snapshotBefore } from '#lib/catalog/snapshot-before'
import { forgetEncoding } from '#lib/catalog/stop-jobs'
import { JobModel, type JobRecord } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { PeekrError } from '#lib/errors'
import { forgetEndedJobs } from '#lib/jobs/cancel-jobs'
import type { JobContext, JobOutcome } from '#lib/jobs/run-job'
import { settleSources } from '#lib/jobs/settle-sources'

const POLLS_MAX = 50
const POLL_MS = 200

/**
 * The `replace` job: a new file for a published video has arrived. Keeps the video as it is in a snapshot, forgets what
 * was found in the old file, and lets the ingest of the new one begin; the old version plays on. Twice is safe.
 * @throws worker_lost when the end of the last publish does not come; disk_full, storage_unavailable, cancelled
 */
export async function beginReplacement(
  { videoId, _id: jobId }: JobRecord,
  { signal, log }: JobContext,
): Promise<JobOutcome> {
  const video = await VideoModel.findOne({ _id: videoId, state: 'ingesting', deletedAt: null }).lean()
  if (!video?.replacing || video.replacing.isBegun) return { result: null, encoder: null }
  await waitForOthers(videoId, jobId, signal)
  const undo = await snapshotBefore(videoId, 'replace')
  log(undo === null ? 'There was nothing to keep.' : `Kept what there was: ${undo.name}.`)
  await settleSources(videoId)
  await forgetEncoding(videoId)
  await forgetEndedJobs(videoId, ['ingest', 'hash'])
  await VideoModel.updateOne(
    { _id: videoId, 'replacing.uploadId': video.replacing.uploadId },
    { $set: { 'replacing.isBegun': true } },
  )
  return { result: { undo: undo?.name ?? null }, encoder: null }
}

/** The publish of what plays now shows it before it has tidied up behind itself. */
async function waitForOthers(videoId: string, jobId: string, signal: AbortSignal): Promise<void> {
  const others = { videoId, _id: { $ne: jobId }, state: 'running' as const }
  for (let poll = 0; poll < POLLS_MAX; poll += 1) {
    if ((await JobModel.countDocuments(others).setOptions({ sanitizeFilter: false })) === 0) return
    await sleep(POLL_MS, undefined, { signal })
  }
  throw new PeekrError('worker_lost', { details: { videoId, waitedFor: 'its other jobs' } })
}
