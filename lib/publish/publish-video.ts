import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getSettings } from '#lib/admin/settings'
import { getSecret } from '#lib/auth/secrets'
import type { JobRecord } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { moveVideo, reportVideoProgress } from '#lib/db/move-video'
import { MANIFEST } from '#lib/domain/media-paths'
import type { Transcoded } from '#lib/domain/transcoded'
import { PeekrError } from '#lib/errors'
import { getJobResult } from '#lib/jobs/job-result'
import { getLibrary } from '#lib/jobs/library'
import { runTask } from '#lib/jobs/pool'
import type { JobContext, JobOutcome } from '#lib/jobs/run-job'
import { withDiskBlamed } from '#lib/jobs/with-disk-blamed'
import { getMediaTools } from '#lib/media/media-tools'
import { buildManifest, signManifest } from '#lib/publish/manifest'
import { refreshVideoRecord, writeVideoRecord } from '#lib/publish/write-video-record'
import { exists } from '#lib/storage/exists'
import type { Storage } from '#lib/storage/storage'

const PROGRESS_VERIFIED = 0.97

/**
 * The `publish` job: proves the attempt whole, signs what it consists of, makes it the revision in one rename, shows
 * it, takes a read-only snapshot, and deals with the original as the settings say. Each step is safe to repeat, so a
 * crash between two of them costs nothing.
 * @throws output_invalid, source_truncated, source_corrupt, disk_full, cancelled
 */
export async function publishVideo(job: JobRecord, context: JobContext): Promise<JobOutcome> {
  const { videoId } = job
  const transcoded = await getJobResult<Transcoded>(videoId, 'transcode')
  const library = await getLibrary()
  if (!(await exists(library.revisionPath(videoId, transcoded.revisionId)))) {
    await withDiskBlamed(() => proveAttempt(videoId, transcoded, context))
  }
  // Also when it is there: the crash that makes us come again may have come before its name was on disk.
  await library.adoptRevision(videoId, transcoded.revisionId, transcoded.revisionId)
  await showRevision(videoId, transcoded)
  await library.removeAttempts(videoId)
  await snapshotOnce(videoId, transcoded.revisionId, library)
  if ((await getSettings()).originals === 'remove') await library.removeSource(videoId)
  return { result: { revisionId: transcoded.revisionId }, encoder: null }
}

async function proveAttempt(videoId: string, transcoded: Transcoded, context: JobContext): Promise<void> {
  const { revisionId, probe, encoded } = transcoded
  const outputPath = (await getLibrary()).attemptPath(videoId, revisionId)
  const verified = await runTask(
    'verify',
    { outputPath, probe, encoded, tools: getMediaTools() },
    { signal: context.signal, onProgress: (fraction) => context.report(fraction * PROGRESS_VERIFIED) },
  )
  for (const line of verified.log) context.log(line)
  context.log(`Verified: ${verified.frameCount} frames, ${verified.durationSeconds.toFixed(3)} s.`)
  const files = await runTask(
    'hash-folder',
    { path: outputPath, except: [MANIFEST] },
    { signal: context.signal },
  )
  const manifest = buildManifest({ videoId, revisionId, createdAt: new Date(), files })
  await writeFile(join(outputPath, MANIFEST), signManifest(manifest, getSecret('manifest')))
  await reportVideoProgress(videoId, PROGRESS_VERIFIED)
}

/** Writes `video.json` first: what the database then says is on the disk already. */
async function showRevision(videoId: string, transcoded: Transcoded): Promise<void> {
  const { revisionId, encoded } = transcoded
  const video = await VideoModel.findOne({ _id: videoId, deletedAt: null }).lean()
  if (video === null) throw new PeekrError('cancelled')
  if (video.state === 'ready') return
  const facts = {
    revision: {
      id: revisionId,
      segmentFormat: transcoded.segmentFormat,
      renditions: encoded.renditions,
      audio: encoded.audio,
      ...transcoded.pictures,
    },
    durationSeconds: encoded.durationSeconds,
    publishedAt: video.publishedAt ?? new Date(),
  }
  await writeVideoRecord({ ...video, ...facts })
  const shown = await moveVideo(videoId, 'ready', { ...facts, playable: true, progress: 1 })
  // Somebody cancelled it or began its deletion meanwhile: its source must stay where it is.
  if (!shown && !(await VideoModel.exists({ _id: videoId, state: 'ready' })))
    throw new PeekrError('cancelled')
  // Its details may have been edited since they were read above.
  await refreshVideoRecord(videoId)
}

/** One for each revision, and one only, however often the job is repeated. */
async function snapshotOnce(videoId: string, revisionId: string, library: Storage): Promise<void> {
  const wanted = `publish-${revisionId}`
  const snapshots = await library.listSnapshots(videoId)
  if (snapshots.some(({ reason }) => reason === wanted)) return
  await library.snapshot(videoId, wanted)
}
