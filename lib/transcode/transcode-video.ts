import { getConfig } from '#lib/config'
import type { JobRecord } from '#lib/db/models/job'
import { reportVideoProgress } from '#lib/db/move-video'
import { createId } from '#lib/domain/id'
import type { SourceProbe } from '#lib/domain/source-probe'
import type { Transcoded } from '#lib/domain/transcoded'
import { getEncoderReport } from '#lib/jobs/encoder-report'
import { getJobResult } from '#lib/jobs/job-result'
import { getLibrary } from '#lib/jobs/library'
import { runTask } from '#lib/jobs/pool'
import type { JobContext, JobOutcome } from '#lib/jobs/run-job'
import { withDiskBlamed } from '#lib/jobs/with-disk-blamed'
import { getLog } from '#lib/log'
import { getMediaTools } from '#lib/media/media-tools'
import { chooseEncoder } from '#lib/transcode/choose-encoder'

/** The share of a video's bar that encoding is. */
const PROGRESS_FROM = 0.02
const PROGRESS_TO = 0.9
const PROGRESS_WRITE_MS = 500

/**
 * The `transcode` job: every rendition, the audio, the playlists and the pictures, in an attempt's own folder.
 * In this form one unit is the whole video, so a new attempt starts over.
 * @throws encode_failed, encode_timeout, source_corrupt, disk_full, cancelled
 */
export async function transcodeVideo(job: JobRecord, context: JobContext): Promise<JobOutcome> {
  const { videoId } = job
  const probe = await getJobResult<SourceProbe>(videoId, 'ingest')
  const library = await getLibrary()
  const revisionId = createId()
  await library.removeAttempts(videoId)
  const { segmentFormat, encoder: policy } = getConfig()
  const choice = chooseEncoder(await getEncoderReport(), policy)
  context.log(choice.sentence)
  const outputPath = await library.createAttempt(videoId, revisionId)
  const request = {
    sourcePath: library.sourcePath(videoId),
    outputPath,
    segmentFormat,
    encoder: choice,
    probe,
    tools: getMediaTools(),
  }
  const onProgress = createProgressReport(videoId, context)
  const encoded = await withDiskBlamed(() =>
    runTask('encode', request, { signal: context.signal, onProgress }),
  )
  const { sourcePath, tools } = request
  const pictures = await withDiskBlamed(() =>
    runTask('pictures', { sourcePath, outputPath, probe, tools }, { signal: context.signal }),
  )
  for (const line of [...encoded.log, ...pictures.log]) context.log(line)
  const { poster, storyboard, hover } = pictures
  const result: Transcoded = {
    ...{ revisionId, segmentFormat, probe, encoded },
    pictures: { poster, storyboard, hover },
  }
  return { result, encoder: encoded.encoder }
}

/** Passes progress on to the job, and to the video at most twice a second. */
function createProgressReport(videoId: string, context: JobContext): (fraction: number) => void {
  const log = getLog('transcode')
  let writtenAtMs = 0
  return (fraction) => {
    context.report(fraction)
    const nowMs = performance.now()
    if (nowMs - writtenAtMs < PROGRESS_WRITE_MS) return
    writtenAtMs = nowMs
    reportVideoProgress(videoId, PROGRESS_FROM + (PROGRESS_TO - PROGRESS_FROM) * fraction).catch((error) =>
      log.warn({ err: error, videoId }, 'the progress could not be written'),
    )
  }
}
