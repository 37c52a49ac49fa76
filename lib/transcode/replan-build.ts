import { BuildModel, type BuildRecord } from '#lib/db/models/build'
import { JobModel } from '#lib/db/models/job'
import { lanesOf } from '#lib/domain/encode-plan'
import { PeekrError } from '#lib/errors'
import type { Storage } from '#lib/storage/storage'
import { planWhole } from '#lib/transcode/plan-units'

/**
 * Plans the rest of a video as one unit that is decoded from the beginning, after a border could not be proved. What is
 * assembled stays. Returns what of the build is new.
 * @throws output_invalid when that has been done before: then it is not the seeking.
 */
export async function replanBuild(
  build: BuildRecord,
  unit: number,
  library: Storage,
): Promise<Pick<BuildRecord, 'plan' | 'replanned'>> {
  if (!build.plan.seek) throw new PeekrError('output_invalid', { details: { unit, unproven: true } })
  const kept = Math.max(...lanesOf(build.plan).map((lane) => build.lanes[lane].unit))
  const units = planWhole(build.plan.boundaries, build.plan.units.slice(0, kept))
  const plan = { ...build.plan, units, seek: false }
  const replanned = build.replanned + 1
  await BuildModel.updateOne({ _id: build._id, replanned: build.replanned }, { $set: { plan, replanned } })
  // A holder whose job is gone has lost it, and stops within a heartbeat; what it adopts has another plan's name.
  const jobs = await JobModel.find({ videoId: build.videoId, kind: 'transcode' }, { unit: 1 }).lean()
  const outdated = jobs.filter((job) => Number.parseInt(job.unit, 10) >= unit).map(({ _id }) => _id)
  await JobModel.deleteMany({ _id: { $in: outdated } }).setOptions({ sanitizeFilter: false })
  await library.removeUnits(build.videoId)
  return { plan, replanned }
}
