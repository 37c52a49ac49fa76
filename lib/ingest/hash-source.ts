import type { JobRecord } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { getLibrary } from '#lib/jobs/library'
import { runTask } from '#lib/jobs/pool'
import type { JobContext, JobOutcome } from '#lib/jobs/run-job'

/** The `hash` job: the SHA-256 of the ingested file, beside the encode so that nobody waits for it. Twice is safe. */
export async function hashSource(job: JobRecord, context: JobContext): Promise<JobOutcome> {
  const { videoId } = job
  const video = await VideoModel.findById(videoId, { replacing: 1 }).lean()
  const incoming = video?.replacing?.uploadId
  const path = (await getLibrary()).sourcePath(videoId, incoming)
  const { sha256 } = await runTask('hash-file', { path }, { signal: context.signal })
  if (incoming === undefined)
    await VideoModel.updateOne({ _id: videoId }, { $set: { 'source.sha256': sha256 } })
  else {
    const replaced = { _id: videoId, 'replacing.uploadId': incoming }
    await VideoModel.updateOne(replaced, { $set: { 'replacing.source.sha256': sha256 } })
  }
  return { result: { sha256 }, encoder: null }
}
