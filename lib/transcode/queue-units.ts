import { BuildModel, type BuildRecord } from '#lib/db/models/build'
import { JobModel, type JobRecord } from '#lib/db/models/job'
import { copyMark } from '#lib/domain/copy-plan'
import { type Lane, lanesOf, parseUnitKey } from '#lib/domain/encode-plan'
import { hasTracks } from '#lib/domain/tracks'
import { enqueueJob } from '#lib/jobs/leases'
import { countSideBySide } from '#lib/transcode/count-side-by-side'
import { measureSpeed } from '#lib/transcode/measure-speed'
import { isLowFirst, planOrder } from '#lib/transcode/plan-order'
import { mayStart, takeBackUnits } from '#lib/transcode/take-back-units'
import { planTracks } from '#lib/transcode/tracks/plan-tracks'

/** Units kept in the queue: enough for many workers, few enough that the order can still be changed. */
const QUEUED_MAX = 8
/** With the first unit playing begins, so it comes before the rest of every other video. */
const PRIORITY = { first: 0, rest: 10 }

/**
 * Queues what is next of a video that is being encoded: units in the order that suits it now, and the assembling of what
 * has landed. Safe to repeat.
 * @returns whether everything is assembled and closed
 */
export async function queueUnits(videoId: string): Promise<boolean> {
  const build = await BuildModel.findOne({ videoId }).lean()
  if (build === null) return false
  if (build.transcoded !== null) {
    // A short video may be put together before the end of its only unit was told here.
    await enqueueJob('pictures', videoId)
    return true
  }
  if (build.copied.flaw !== null) return false
  const { plan } = build
  const jobs = await JobModel.find(
    { videoId, kind: { $in: ['transcode', 'sound', 'tracks'] } },
    { kind: 1, unit: 1, state: 1, progress: 1, fence: 1, startedAt: 1, finishedAt: 1, createdAt: 1 },
  )
    .setOptions({ sanitizeFilter: false })
    .lean()
  if (plan.copied !== null) await enqueueJob('copy', videoId, { createdAt: build.createdAt })
  if (isSoundEncoded(build)) await enqueueJob('sound', videoId, { createdAt: build.createdAt })
  // Nothing is to compete with the first copied segment, which somebody may be waiting for; the copy's first note comes here again.
  if (plan.copied !== null && build.copied.pictures === 0) return false
  const speed = measureSpeed(plan, build.speeds)
  const facts = {
    ...{ speed, watched: isWatched(build), canStart: mayStart(build, jobs) },
    sideBySide: countSideBySide(jobs),
  }
  const outrun = isLowFirst(facts) ? await takeBackUnits(build, jobs) : []
  const taken = new Set(
    jobs
      .filter(({ state, unit }) => state === 'done' || (state === 'running' && !outrun.includes(unit)))
      .map(({ unit }) => unit),
  )
  // Only then: until the first segments play, somebody may be waiting for them.
  const isFirstDone =
    plan.copied !== null || jobs.some(({ unit, state }) => unit.startsWith('0-') && state === 'done')
  if (isFirstDone) await enqueueJob('pictures', videoId)
  if (isFirstDone && hasTracks(planTracks(build.probe))) await enqueueJob('tracks', videoId)
  const wanted = planOrder({ plan, done: taken, ...facts }).slice(0, QUEUED_MAX)
  await dropOthers(videoId, jobs, wanted)
  for (const [at, unit] of wanted.entries()) {
    const createdAt = new Date(build.createdAt.getTime() + at)
    const waiting = jobs.find(
      (job) => job.unit === unit && job.kind === 'transcode' && job.state === 'queued',
    )
    const isFirst = unit === '0-low' || unit === '0-all'
    const priority = isFirst ? PRIORITY.first : PRIORITY.rest
    if (waiting === undefined) await enqueueJob('transcode', videoId, { unit, createdAt, priority })
    // What waits already may be due sooner or later than when it was queued.
    else if (waiting.createdAt.getTime() !== createdAt.getTime())
      await JobModel.updateOne({ _id: waiting._id, state: 'queued' }, { $set: { createdAt } })
  }
  if (needsAssembly(build, jobs)) await enqueueJob('assemble', videoId, { fresh: true })
  return false
}

/** Whether there is sound that is not copied beside the picture. */
export function isSoundEncoded({ plan, probe }: Pick<BuildRecord, 'plan' | 'probe'>): boolean {
  return probe.audio !== null && !plan.copied?.plan.sound
}

/** Whether somebody has played it within the last moments. */
function isWatched({ watchedAt }: BuildRecord): boolean {
  return watchedAt !== null && Date.now() - watchedAt.getTime() < WATCHED_MS
}

const WATCHED_MS = 60_000

/** Takes units out of the queue that are now to be made in another order or in other parts. */
async function dropOthers(
  videoId: string,
  jobs: Pick<JobRecord, '_id' | 'kind' | 'unit' | 'state'>[],
  wanted: readonly string[],
): Promise<void> {
  const waiting = jobs.filter(
    ({ kind, state, unit }) => kind === 'transcode' && state === 'queued' && !wanted.includes(unit),
  )
  if (waiting.length === 0) return
  await JobModel.deleteMany({
    videoId,
    _id: { $in: waiting.map(({ _id }) => _id) },
    state: 'queued',
  }).setOptions({
    sanitizeFilter: false,
  })
}

function needsAssembly(build: BuildRecord, jobs: Pick<JobRecord, 'kind' | 'unit' | 'state'>[]): boolean {
  const { plan, lanes, copied } = build
  if (plan.copied !== null && copyMark(copied) > copied.shown) return true
  const done = jobs.filter(({ state }) => state === 'done')
  const isSoundDone = !isSoundEncoded(build) || done.some(({ kind }) => kind === 'sound')
  const isWhole = lanesOf(plan).every((lane) => lanes[lane].unit >= plan.units.length)
  const areTracksDone = !hasTracks(planTracks(build.probe)) || done.some(({ kind }) => kind === 'tracks')
  if (isWhole) return isSoundDone && areTracksDone && (plan.copied === null || copied.isDone)
  const landed = (lane: Lane) =>
    done.some(({ unit }) => {
      const key = parseUnitKey(unit)
      return key?.index === lanes[lane].unit && (key.group === 'all' || key.group === lane)
    })
  return lanesOf(plan).some(landed)
}
