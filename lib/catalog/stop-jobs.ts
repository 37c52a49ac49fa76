import { setTimeout as sleep } from 'node:timers/promises'
import { BuildModel } from '#lib/db/models/build'
import { JOB_KINDS } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { PeekrError } from '#lib/errors'
import { cancelJobs, forgetEndedJobs } from '#lib/jobs/cancel-jobs'
import { getLibrary } from '#lib/jobs/library'
import { settleSources } from '#lib/jobs/settle-sources'
import { forgetUpload } from '#lib/upload/upload-files'

/** A holder that died leaves a lease of 20 s, which the attempts at a deletion outlast. */
const POLLS_MAX = 50
const POLL_MS = 200

/**
 * Stops every job of a video but its deletion, and waits until none is running.
 * @throws worker_lost when one does not stop in time.
 */
export async function stopJobs(videoId: string, signal?: AbortSignal): Promise<void> {
  for (let poll = 0; (await cancelJobs(videoId, ['delete'])) > 0; poll += 1) {
    if (poll === POLLS_MAX) {
      throw new PeekrError('worker_lost', {
        message: 'The work on this video does not stop. Try again in half a minute.',
        details: { videoId },
      })
    }
    await sleep(POLL_MS, undefined, { signal })
  }
}

/**
 * Gives up the encode of a video that plays from an older revision, with the new file when it is for one, and stops its
 * jobs. The state comes first: from then on no end of a job queues another, and none is taken for a failure.
 * @throws worker_lost
 */
export async function giveUpEncoding(videoId: string): Promise<void> {
  const before = await VideoModel.findOneAndUpdate(
    {
      _id: videoId,
      publishedAt: { $ne: null },
      // In the bin it is called ready at once, and its new file is still there.
      $or: [{ state: { $in: ['ingesting', 'transcoding'] } }, { replacing: { $ne: null } }],
    },
    { $set: { state: 'ready', playable: true, progress: 1, failure: null, replacing: null } },
    { sanitizeFilter: false },
  ).lean()
  await stopJobs(videoId)
  if (!before?.replacing) return
  await forgetUpload(before.replacing.uploadId)
  await settleSources(videoId)
  await forgetEndedJobs(videoId, ['replace', 'ingest', 'hash'])
}

/**
 * Forgets what the stages after the ingest have done, with a revision under construction, so that they can be queued
 * anew; what was found in the source stays. The caller has stopped the jobs. Twice is safe.
 */
export async function forgetEncoding(videoId: string): Promise<void> {
  const build = await BuildModel.findOne({ videoId }, { _id: 1 }).lean()
  if (build !== null) {
    const library = await getLibrary()
    // Published already, when a crash came before its publish could forget it.
    const isPublished = await VideoModel.exists({
      _id: videoId,
      'revision.id': build._id,
      publishedAt: { $ne: null },
    }).setOptions({ sanitizeFilter: false })
    if (isPublished === null) await library.removeRevision(videoId, build._id)
    await library.removeUnits(videoId)
    await BuildModel.deleteOne({ _id: build._id })
  }
  const kept = ['ingest', 'hash', 'delete']
  await forgetEndedJobs(
    videoId,
    JOB_KINDS.filter((kind) => !kept.includes(kind)),
  )
}
