import { readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { JobRecord } from '#lib/db/models/job'
import { createId } from '#lib/domain/id'
import type { Pictures } from '#lib/domain/pictures'
import { getLibrary } from '#lib/jobs/library'
import { runTask } from '#lib/jobs/pool'
import type { JobContext, JobOutcome } from '#lib/jobs/run-job'
import { withDiskBlamed } from '#lib/jobs/with-disk-blamed'
import { getWorkSource } from '#lib/jobs/work-source'
import { getMediaTools } from '#lib/media/media-tools'
import { syncTree } from '#lib/storage/sync-tree'
import { getBuild } from '#lib/transcode/get-build'

/**
 * The `pictures` job: poster, storyboard and hover clip of the source, beside the encode, put into the revision under
 * construction. Twice is safe. A video of which none can be made goes without.
 * @throws disk_full, cancelled
 */
export async function addPictures({ videoId }: JobRecord, context: JobContext): Promise<JobOutcome> {
  const build = await getBuild(videoId)
  const library = await getLibrary()
  const attemptId = createId()
  const outputPath = await library.createAttempt(videoId, attemptId)
  try {
    const sourcePath = await getWorkSource(videoId)
    const request = { sourcePath, outputPath, probe: build.probe, tools: getMediaTools() }
    const { signal, report: onProgress } = context
    const made = await withDiskBlamed(async () => {
      const pictures = await runTask('pictures', request, { signal, onProgress })
      await syncTree(outputPath)
      const to = await library.openRevision(videoId, build._id)
      for (const name of await readdir(outputPath)) await rename(join(outputPath, name), join(to, name))
      return pictures
    })
    for (const line of made.log) context.log(line)
    const { poster, storyboard, hover } = made
    return { result: { poster, storyboard, hover } satisfies Pictures, encoder: null }
  } finally {
    await library.removeAttempt(videoId, attemptId)
  }
}
