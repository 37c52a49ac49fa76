import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { BuildModel, type BuildRecord } from '#lib/db/models/build'
import { JobModel, type JobRecord } from '#lib/db/models/job'
import { reportVideoProgress } from '#lib/db/move-video'
import { type Lane, parseUnitKey, type RungGroup, unitKey } from '#lib/domain/encode-plan'
import { createId } from '#lib/domain/id'
import { PeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { runTask } from '#lib/jobs/pool'
import type { JobContext, JobOutcome } from '#lib/jobs/run-job'
import { withDiskBlamed } from '#lib/jobs/with-disk-blamed'
import { getWorkSource } from '#lib/jobs/work-source'
import { getLog } from '#lib/log'
import { getMediaTools } from '#lib/media/media-tools'
import { getBuild } from '#lib/transcode/get-build'
import { measureShare } from '#lib/transcode/measure-share'
import { adoptedUnit, findAdopted, RESULT_FILE } from '#lib/transcode/unit-folder'

/** The share of a video's bar that encoding is. */
const PROGRESS_FROM = 0.02
const PROGRESS_TO = 0.97
const PROGRESS_WRITE_MS = 500

/**
 * A `transcode` job: one unit of a video, in an attempt's own folder, adopted whole by one rename. Two workers at the same
 * unit do no harm: the first to be done is taken.
 * @throws encode_failed, encode_timeout, output_invalid, source_corrupt, disk_full, cancelled
 */
export async function transcodeUnit(job: JobRecord, context: JobContext): Promise<JobOutcome> {
  const { videoId, unit: key } = job
  const build = await getBuild(videoId)
  const wanted = parseUnitKey(key)
  const unit = build.plan.units.find(({ index }) => index === wanted?.index)
  if (wanted === null || unit === undefined) throw new PeekrError('cancelled', { details: { videoId, key } })
  if (isAssembled(build, wanted)) return { result: null, encoder: null }
  const library = await getLibrary()
  const whole = unitKey(unit.index, 'all')
  const known = (await findAdopted(library, build, key)) ?? (await findAdopted(library, build, whole))
  if (known !== null) return { result: null, encoder: known.result.encoder }
  const attemptId = createId()
  const outputPath = await library.createAttempt(videoId, attemptId)
  try {
    const request = {
      sourcePath: await getWorkSource(videoId),
      outputPath,
      probe: build.probe,
      plan: build.plan,
      unit,
      group: wanted.group,
      tools: getMediaTools(),
    }
    const onProgress = createProgressReport(build, key, await findDone(videoId), context)
    const made = await withDiskBlamed(async () => {
      const result = await runTask('unit', request, { signal: context.signal, onProgress })
      await writeFile(join(outputPath, RESULT_FILE), JSON.stringify(result))
      return result
    })
    for (const line of made.log) context.log(line)
    await library.adoptUnit(videoId, attemptId, adoptedUnit(build, key))
    await BuildModel.updateOne({ _id: build._id }, { $set: { [`speeds.${key}`]: made.speed } })
    return { result: null, encoder: made.encoder }
  } finally {
    await library.removeAttempt(videoId, attemptId)
  }
}

/** Whether it is in the revision already, and its folder gone: a crash came between that and the end of the job. */
function isAssembled({ lanes }: BuildRecord, { index, group }: { index: number; group: RungGroup }): boolean {
  const wanted: Lane[] = group === 'all' ? ['low', 'high'] : [group]
  return wanted.every((lane) => lanes[lane].unit > index)
}

async function findDone(videoId: string): Promise<string[]> {
  const jobs = await JobModel.find({ videoId, kind: 'transcode', state: 'done' }, { unit: 1 }).lean()
  return jobs.map(({ unit }) => unit)
}

/** Passes progress on to the job, and to the video at most twice a second. */
function createProgressReport(
  { videoId, plan, probe }: BuildRecord,
  key: string,
  done: readonly string[],
  context: JobContext,
): (fraction: number) => void {
  const log = getLog('transcode')
  const before = measureShare(plan, probe.durationSeconds, done)
  const own = measureShare(plan, probe.durationSeconds, [...done, key]) - before
  let writtenAtMs = 0
  return (fraction) => {
    context.report(fraction)
    const nowMs = performance.now()
    if (nowMs - writtenAtMs < PROGRESS_WRITE_MS) return
    writtenAtMs = nowMs
    const share = before + own * fraction
    reportVideoProgress(videoId, PROGRESS_FROM + (PROGRESS_TO - PROGRESS_FROM) * share).catch((error) =>
      log.warn({ err: error, videoId }, 'the progress could not be written'),
    )
  }
}
