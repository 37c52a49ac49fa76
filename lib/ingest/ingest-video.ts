import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { getUploadLimits } from '#lib/auth/upload-limits'
import { getConfig } from '#lib/config'
import type { JobRecord } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { moveVideo } from '#lib/db/move-video'
import { UPLOADS_FOLDER } from '#lib/domain/media-paths'
import { PeekrError } from '#lib/errors'
import { admitSource } from '#lib/ingest/admit-source'
import { getLibrary } from '#lib/jobs/library'
import { runTask } from '#lib/jobs/pool'
import type { JobContext, JobOutcome } from '#lib/jobs/run-job'
import { getMediaTools } from '#lib/media/media-tools'

/**
 * The `ingest` job: brings the finished upload into the library without moving its bytes, looks at it in the sandbox,
 * and admits it. Its result is the probe, which the transcode starts from. A file that is to replace another comes to lie
 * beside it. Twice is safe.
 * @throws source_empty, source_not_video, source_audio_only, source_too_complex, source_truncated, disk_full, cancelled when the video is gone
 */
export async function ingestVideo(job: JobRecord, context: JobContext): Promise<JobOutcome> {
  const { videoId } = job
  const video = await VideoModel.findOne({ _id: videoId, deletedAt: null }).lean()
  if (video === null) throw new PeekrError('cancelled')
  const library = await getLibrary()
  await library.createVideo(videoId)
  const incoming = video.replacing?.uploadId
  const uploadPath = join(getConfig().dataPath, UPLOADS_FOLDER, incoming ?? video.uploadId)
  await library.adoptSource(videoId, uploadPath, incoming)
  const sourcePath = library.sourcePath(videoId, incoming)
  const { size: sizeBytes } = await stat(sourcePath)
  const probe = await runTask('probe', { sourcePath, tools: getMediaTools() }, { signal: context.signal })
  const admitted = admitSource(probe, sizeBytes, await getUploadLimits(video.ownerId))
  const { width, height } = admitted.video
  context.log(`Admitted: ${admitted.video.codec} in ${admitted.container}, ${width}×${height}.`)
  // Of a video that plays on meanwhile, what is shown stays that of the file it plays.
  const shown = video.replacing ? {} : { durationSeconds: admitted.durationSeconds, width, height }
  const facts = { ...shown, progress: 0.02 }
  // From `ingesting` only: a holder that lost its lease and comes late must not take a ready video back.
  await moveVideo(videoId, 'transcoding', facts, ['ingesting'])
  return { result: probe, encoder: null }
}
