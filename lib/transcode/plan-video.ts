import { getConfig } from '#lib/config'
import { BuildModel, type BuildRecord } from '#lib/db/models/build'
import type { JobRecord } from '#lib/db/models/job'
import { getServerTime } from '#lib/db/server-time'
import type { EncodePlan } from '#lib/domain/encode-plan'
import { createId } from '#lib/domain/id'
import { emptyLane } from '#lib/domain/lane-state'
import type { SourceProbe } from '#lib/domain/source-probe'
import { PeekrError } from '#lib/errors'
import { getEncoderReport } from '#lib/jobs/encoder-report'
import { getJobResult } from '#lib/jobs/job-result'
import { getLibrary } from '#lib/jobs/library'
import type { JobContext, JobOutcome } from '#lib/jobs/run-job'
import { chooseEncoder } from '#lib/transcode/choose-encoder'
import { planEncoding } from '#lib/transcode/plan-encoding'

/**
 * The `plan` job: decides once and for all what is to be made of a source, and opens the revision it will be made in. Twice is
 * safe: the first plan stands.
 */
export async function planVideo({ videoId }: JobRecord, context: JobContext): Promise<JobOutcome> {
  const probe = await getJobResult<SourceProbe>(videoId, 'ingest')
  const { segmentFormat, encoder: policy, jobsMax } = getConfig()
  const encoder = chooseEncoder(await getEncoderReport(), { encoder: policy, jobsMax }, probe.video)
  const plan = planEncoding({ probe, segmentFormat, encoder })
  const build = await openBuild(videoId, probe, plan)
  await (await getLibrary()).openRevision(videoId, build._id)
  const { units, rungs, boundaries } = build.plan
  context.log(
    `Planned: ${rungs.map(({ name }) => name).join(', ')} in ${units.length} units of ${boundaries.length} segments at most. ${encoder.sentence}`,
  )
  return { result: { revisionId: build._id }, encoder: null }
}

async function openBuild(videoId: string, probe: SourceProbe, plan: EncodePlan): Promise<BuildRecord> {
  const build: BuildRecord = {
    _id: createId(),
    videoId,
    probe,
    plan,
    lanes: { low: emptyLane(), high: emptyLane() },
    speeds: {},
    replanned: 0,
    transcoded: null,
    watchedAt: null,
    createdAt: await getServerTime(),
  }
  const { _id, ...rest } = build
  const opened = await BuildModel.findOneAndUpdate(
    { videoId },
    { $setOnInsert: { _id, ...rest } },
    { upsert: true, returnDocument: 'after' },
  ).lean()
  if (opened === null) throw new PeekrError('database_away')
  return opened
}
