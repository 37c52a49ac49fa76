import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { JobRecord } from '#lib/db/models/job'
import { createId } from '#lib/domain/id'
import type { RevisionTracks } from '#lib/domain/tracks'
import { getLibrary } from '#lib/jobs/library'
import { runTask } from '#lib/jobs/pool'
import type { JobContext, JobOutcome } from '#lib/jobs/run-job'
import { withDiskBlamed } from '#lib/jobs/with-disk-blamed'
import { getWorkSource } from '#lib/jobs/work-source'
import { getMediaTools } from '#lib/media/media-tools'
import { syncTree } from '#lib/storage/sync-tree'
import { getBuild } from '#lib/transcode/get-build'

/**
 * The `tracks` job: the other sounds and the subtitles of a source, put into the revision under construction. Playlists
 * name them only when all is there, so doing it twice is safe.
 * @throws encode_timeout, output_invalid, disk_full, cancelled
 */
export async function makeTracks({ videoId }: JobRecord, context: JobContext): Promise<JobOutcome> {
  const build = await getBuild(videoId)
  const library = await getLibrary()
  const attemptId = createId()
  const outputPath = await library.createAttempt(videoId, attemptId)
  try {
    const { probe, plan } = build
    const request = {
      sourcePath: await getWorkSource(videoId),
      outputPath,
      probe,
      segmentFormat: plan.segmentFormat,
      tools: getMediaTools(),
    }
    const { log, ...tracks } = await withDiskBlamed(async () => {
      const made = await runTask('tracks', request, { signal: context.signal, onProgress: context.report })
      await syncTree(outputPath)
      const to = await library.openRevision(videoId, build._id)
      for (const { folder } of [...made.sounds, ...made.subtitles]) {
        await rm(join(to, folder), { recursive: true, force: true })
        await rename(join(outputPath, folder), join(to, folder))
      }
      return made
    })
    for (const line of [...log, ...tracks.leftOut]) context.log(line)
    return { result: tracks satisfies RevisionTracks, encoder: null }
  } finally {
    await library.removeAttempt(videoId, attemptId)
  }
}
