import { setTimeout as sleep } from 'node:timers/promises'
import type { JobRecord } from '#lib/db/models/job'
import { createId } from '#lib/domain/id'
import { enqueueJob } from '#lib/jobs/leases'
import { getLibrary } from '#lib/jobs/library'
import { runTask } from '#lib/jobs/pool'
import type { JobContext, JobOutcome } from '#lib/jobs/run-job'
import { withDiskBlamed } from '#lib/jobs/with-disk-blamed'
import { getWorkSource } from '#lib/jobs/work-source'
import { getMediaTools } from '#lib/media/media-tools'
import { addSound } from '#lib/transcode/add-sound'
import { getBuild } from '#lib/transcode/get-build'

const LOOK_MS = 250

/**
 * The `sound` job: the whole sound as its own rendition. Its segments go into the revision as they are made, since
 * playing begins long before the last; this job alone writes there. An attempt that starts over makes the same ones again.
 * @throws encode_failed, encode_timeout, output_invalid, source_*, disk_full, cancelled
 */
export async function encodeSound({ videoId }: JobRecord, context: JobContext): Promise<JobOutcome> {
  const build = await getBuild(videoId)
  const library = await getLibrary()
  const attemptId = createId()
  const attemptPath = await library.createAttempt(videoId, attemptId)
  const revisionPath = library.revisionPath(videoId, build._id)
  const request = {
    sourcePath: await getWorkSource(videoId),
    outputPath: attemptPath,
    probe: build.probe,
    segmentFormat: build.plan.segmentFormat,
    tools: getMediaTools(),
  }
  try {
    const stop = new AbortController()
    const signal = AbortSignal.any([context.signal, stop.signal])
    const task = runTask('sound', request, { signal, onProgress: context.report })
    const growth = growUntil(task, { attemptPath, revisionPath, videoId }).catch(async (error) => {
      stop.abort()
      await Promise.allSettled([task]) // its folder is removed next
      throw error
    })
    const made = await withDiskBlamed(async () => {
      await growth
      return task
    })
    for (const line of made.log) context.log(line)
    if (made.sentence !== null) context.log(made.sentence)
    if (made.present) await withDiskBlamed(() => addSound({ attemptPath, revisionPath, proved: true }))
    return { result: { present: made.present, sentence: made.sentence }, encoder: null }
  } finally {
    await library.removeAttempt(videoId, attemptId)
  }
}

/** Takes over what is whole, several times a second, for as long as the encode runs. */
async function growUntil(
  task: Promise<unknown>,
  { videoId, ...paths }: { attemptPath: string; revisionPath: string; videoId: string },
): Promise<void> {
  let ended = false
  task.then(
    () => {
      ended = true
    },
    () => {
      ended = true
    },
  )
  let count = 0
  while (!ended) {
    await sleep(LOOK_MS)
    const now = await addSound({ ...paths, proved: false })
    // With the first of it a viewer who waits for the sound can start.
    if (count === 0 && now > 0) await enqueueJob('assemble', videoId, { fresh: true })
    count = now
  }
}
