import { join } from 'node:path'
import { BuildModel } from '#lib/db/models/build'
import type { JobRecord } from '#lib/db/models/job'
import type { CopyProgress } from '#lib/domain/copy-plan'
import { createId } from '#lib/domain/id'
import { enqueueJob } from '#lib/jobs/leases'
import { getLibrary } from '#lib/jobs/library'
import { runTask } from '#lib/jobs/pool'
import type { JobContext, JobOutcome } from '#lib/jobs/run-job'
import { withDiskBlamed } from '#lib/jobs/with-disk-blamed'
import { getWorkSource } from '#lib/jobs/work-source'
import { getMediaTools } from '#lib/media/media-tools'
import { giveUpCopy } from '#lib/transcode/copy/discard-copy'
import { REMUXED_FILE } from '#lib/transcode/copy/remux-source'
import { getBuild } from '#lib/transcode/get-build'

/** Under this name among the units of a revision lies what its source was remuxed into. */
export const REMUXED_UNIT = 'remuxed'
/** The first segment is offered at once, the rest a few times a second. */
const NOTE_MS = 300

/**
 * The `copy` job: the top rung as it came, straight into the revision, the first segments first, so that playing begins
 * within a second and soon has the whole. Each file appears whole and with the same bytes every time, so twice is safe, and two at
 * once are too.
 * @throws disk_full, cancelled
 */
export async function copyTop({ videoId }: JobRecord, context: JobContext): Promise<JobOutcome> {
  const build = await getBuild(videoId)
  const { copied } = build.plan
  if (copied === null || build.copied.flaw !== null) return { result: null, encoder: null }
  const library = await getLibrary()
  const count = copied.plan.segments.length
  const notes = createNotes(build._id, videoId)
  const attemptId = createId()
  const request = {
    sourcePath: await getWorkSource(videoId),
    remuxedPath: copied.plan.remuxed
      ? join(library.unitPath(videoId, build._id, REMUXED_UNIT), REMUXED_FILE)
      : null,
    workPath: await library.createAttempt(videoId, attemptId),
    outputPath: await library.openRevision(videoId, build._id),
    probe: build.probe,
    rung: copied.rung,
    withSound: copied.plan.sound !== null,
    segmentFormat: build.plan.segmentFormat,
    tools: getMediaTools(),
  }
  const outcome = await withDiskBlamed(() =>
    runTask('copy-rung', request, {
      signal: context.signal,
      onReport: (progress) => {
        context.report(progress.pictures / count)
        notes.add(progress)
      },
    }),
  ).finally(() => library.removeAttempt(videoId, attemptId))
  await notes.end()
  if (outcome.kind === 'refused') {
    context.log(outcome.sentence)
    await giveUpCopy(build, outcome.sentence)
    return { result: null, encoder: outcome.sentence }
  }
  const { pictures, sounds } = outcome
  await BuildModel.updateOne(
    { _id: build._id },
    { $max: { 'copied.pictures': pictures, 'copied.sounds': sounds }, $set: { 'copied.isDone': true } },
  )
  context.log(`Copied ${pictures} segments of the picture${sounds > 0 ? ` and ${sounds} of the sound` : ''}.`)
  return { result: null, encoder: 'Copied, not encoded.' }
}

/** Writes down how far the copy is, one note at a time, the latest one last, and has the playlists follow. */
function createNotes(
  buildId: string,
  videoId: string,
): { add: (progress: CopyProgress) => void; end: () => Promise<void> } {
  let latest: CopyProgress | null = null
  let writing: Promise<void> | null = null
  let writtenAtMs = Number.NEGATIVE_INFINITY
  const write = async ({ pictures, sounds }: CopyProgress) => {
    writtenAtMs = performance.now()
    await BuildModel.updateOne(
      { _id: buildId },
      { $max: { 'copied.pictures': pictures, 'copied.sounds': sounds } },
    )
    await enqueueJob('assemble', videoId, { fresh: true })
  }
  // A note that is lost is made up for by the next, and the last one is the job's own end.
  const next = () => {
    if (writing !== null || latest === null || performance.now() - writtenAtMs < NOTE_MS) return
    const progress = latest
    latest = null
    writing = write(progress)
      .catch(() => {
        latest ??= progress
      })
      .finally(() => {
        writing = null
      })
  }
  return {
    add: (progress) => {
      latest = progress
      next()
    },
    end: async () => {
      await writing
    },
  }
}
