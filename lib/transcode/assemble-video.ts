import { BuildModel, type BuildRecord } from '#lib/db/models/build'
import { JobModel, type JobRecord } from '#lib/db/models/job'
import { type Lane, lanesOf, unitKey } from '#lib/domain/encode-plan'
import { hasTracks, type RevisionTracks } from '#lib/domain/tracks'
import { PeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import type { JobContext, JobOutcome } from '#lib/jobs/run-job'
import { withDiskBlamed } from '#lib/jobs/with-disk-blamed'
import type { Storage } from '#lib/storage/storage'
import { assembleUnit } from '#lib/transcode/assemble-unit'
import { closeRevision } from '#lib/transcode/close-revision'
import { giveUpCopy } from '#lib/transcode/copy/discard-copy'
import { findCopyFlaw } from '#lib/transcode/copy/find-copy-flaw'
import { getBuild } from '#lib/transcode/get-build'
import { judgeSeam } from '#lib/transcode/judge-seam'
import { isSoundEncoded } from '#lib/transcode/queue-units'
import { replanBuild } from '#lib/transcode/replan-build'
import { showGrowth } from '#lib/transcode/show-growth'
import { planTracks } from '#lib/transcode/tracks/plan-tracks'
import { adoptedUnit, findAdopted } from '#lib/transcode/unit-folder'

/**
 * The `assemble` job, queued anew whenever a unit has landed: puts what has landed in order into the revision and rewrites its
 * playlists. A video has one such job and so, by its lease, one assembler. When all is there it closes the revision.
 * @throws output_invalid, disk_full, cancelled
 */
export async function assembleVideo({ videoId }: JobRecord, context: JobContext): Promise<JobOutcome> {
  const build = await getBuild(videoId)
  const library = await getLibrary()
  await withDiskBlamed(async () => {
    for (const lane of lanesOf(build.plan)) {
      while (await assembleNext(build, lane, library, context)) context.signal.throwIfAborted()
    }
    await removeAssembled(build, library)
    const areLanesWhole = lanesOf(build.plan).every(
      (lane) => build.lanes[lane].unit >= build.plan.units.length,
    )
    const isWhole = areLanesWhole && (build.plan.copied === null || build.copied.isDone)
    const flaw = findCopyFlaw(build, isWhole)
    if (flaw !== null) return giveUpCopy(build, flaw)
    const tracks = await findTracks(build)
    if (isWhole && tracks !== null && (await isSoundDone(build))) await close(build, tracks, library)
    else await showGrowth(build, library, await isSoundDone(build))
  })
  return { result: null, encoder: null }
}

/** Whether there was a unit to add to the lane; changes `build` to what it is then. */
async function assembleNext(
  build: BuildRecord,
  lane: Lane,
  library: Storage,
  context: JobContext,
): Promise<boolean> {
  const state = build.lanes[lane]
  if (state.unit >= build.plan.units.length) return false
  const landed =
    (await findAdopted(library, build, unitKey(state.unit, 'all'))) ??
    (await findAdopted(library, build, unitKey(state.unit, lane)))
  if (landed === null) return false
  if (judgeSeam(state, landed.result, build.plan.seek) === 'unproven') {
    context.log(
      `Unit ${state.unit} does not follow on from the one before: seeking in this source cannot be trusted.`,
    )
    Object.assign(build, await replanBuild(build, state.unit, library))
    return false
  }
  const next = await assembleUnit({
    plan: build.plan,
    lane,
    state,
    unit: landed.result,
    unitPath: landed.path,
    revisionPath: library.revisionPath(build.videoId, build._id),
  })
  const saved = await BuildModel.updateOne(
    { _id: build._id, [`lanes.${lane}.unit`]: state.unit },
    { $set: { [`lanes.${lane}`]: next } },
  )
  // Somebody else holds this job by now.
  if (saved.matchedCount === 0) throw new PeekrError('cancelled', { details: { unit: state.unit, lane } })
  build.lanes[lane] = next
  return true
}

async function close(
  { _id, videoId, plan, probe, lanes }: BuildRecord,
  tracks: RevisionTracks,
  library: Storage,
): Promise<void> {
  const encoded = await closeRevision({
    plan,
    probe,
    lanes,
    tracks,
    revisionPath: library.revisionPath(videoId, _id),
  })
  const transcoded = { revisionId: _id, segmentFormat: plan.segmentFormat, probe, encoded }
  await BuildModel.updateOne({ _id }, { $set: { transcoded } })
}

/** The revision has their segments; their folders are only in the way. */
async function removeAssembled(build: BuildRecord, library: Storage): Promise<void> {
  const { low, high } = build.lanes
  const lanes = lanesOf(build.plan)
  const passed = Math.min(...lanes.map((lane) => build.lanes[lane].unit))
  const most = Math.max(low.unit, high.unit)
  for (let index = Math.max(0, passed - 8); index < most; index += 1) {
    const gone = [
      ...(index < passed ? (['all'] as const) : []),
      ...lanes.filter((lane) => index < build.lanes[lane].unit),
    ]
    for (const group of gone)
      await library.removeUnits(build.videoId, adoptedUnit(build, unitKey(index, group)))
  }
}

/** What became of the other sounds and the subtitles; null while that is not known. */
async function findTracks({ videoId, probe }: BuildRecord): Promise<RevisionTracks | null> {
  const { main, sounds, subtitles, leftOut } = planTracks(probe)
  if (!hasTracks({ sounds, subtitles })) return { main, sounds: [], subtitles: [], leftOut }
  const job = await JobModel.findOne({ videoId, kind: 'tracks', state: 'done' }, { result: 1 }).lean()
  return (job?.result as RevisionTracks | undefined) ?? null
}

async function isSoundDone(build: BuildRecord): Promise<boolean> {
  const { videoId, copied, probe } = build
  if (probe.audio === null) return true
  if (!isSoundEncoded(build)) return build.plan.copied === null || copied.isDone
  return (await JobModel.exists({ videoId, kind: 'sound', state: 'done' })) !== null
}
