import type { JobRecord } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { getLibrary } from '#lib/jobs/library'
import { runTask } from '#lib/jobs/pool'
import type { JobContext, JobOutcome } from '#lib/jobs/run-job'

/** The `hash` job: the SHA-256 of the ingested file, beside the encode so that nobody waits for it. Twice is safe. */
export async function hashSource(job: JobRecord, context: JobContext): Promise<JobOutcome> {
  const library = await getLibrary()
  const path = library.sourcePath(job.videoId)
  const { sha256 } = await runTask('hash-file', { path }, { signal: context.signal })
  await VideoModel.updateOne({ _id: job.videoId }, { $set: { 'source.sha256': sha256 } })
  return { result: { sha256 }, encoder: null }
}
