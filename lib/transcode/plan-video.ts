import { availableParallelism } from 'node:os'
import { getConfig } from '#lib/config'
import { BuildModel, type BuildRecord } from '#lib/db/models/build'
import type { JobRecord } from '#lib/db/models/job'
import { getServerTime } from '#lib/db/server-time'
import { type CopyDecision, NOTHING_COPIED } from '#lib/domain/copy-plan'
import type { CopyRefusal } from '#lib/domain/copy-refusal'
import type { EncodePlan } from '#lib/domain/encode-plan'
import { createId } from '#lib/domain/id'
import { emptyLane } from '#lib/domain/lane-state'
import type { SegmentFormat } from '#lib/domain/rendition'
import type { SourceProbe } from '#lib/domain/source-probe'
import { PeekrError } from '#lib/errors'
import { getEncoderReport } from '#lib/jobs/encoder-report'
import { getJobResult } from '#lib/jobs/job-result'
import { getLibrary } from '#lib/jobs/library'
import { runTask } from '#lib/jobs/pool'
import type { JobContext, JobOutcome } from '#lib/jobs/run-job'
import { withDiskBlamed } from '#lib/jobs/with-disk-blamed'
import { getWorkSource } from '#lib/jobs/work-source'
import { getMediaTools } from '#lib/media/media-tools'
import type { Storage } from '#lib/storage/storage'
import { askForContent } from '#lib/transcode/ask-for-content'
import { chooseEncoder } from '#lib/transcode/choose-encoder'
import { REMUXED_UNIT } from '#lib/transcode/copy/copy-top'
import { explainCopy, explainRefusal } from '#lib/transcode/copy/decide-copy'
import { discardFlawed } from '#lib/transcode/copy/discard-copy'
import { showHead } from '#lib/transcode/copy/show-head'
import { planEncoding } from '#lib/transcode/plan-encoding'
import { planLadder } from '#lib/transcode/plan-ladder'

/**
 * The `plan` job: decides once and for all what is to be made of a source, and opens the revision it will be made in. Twice is
 * safe: the first plan stands.
 */
export async function planVideo({ videoId }: JobRecord, context: JobContext): Promise<JobOutcome> {
  const probe = await getJobResult<SourceProbe>(videoId, 'ingest')
  const { segmentFormat, encoder: policy, jobsMax, ladder: settings } = getConfig()
  const wish = { encoder: policy, jobsMax, cores: availableParallelism() }
  const encoder = chooseEncoder(await getEncoderReport(), wish, probe.video)
  const library = await getLibrary()
  const flaw = await discardFlawed(videoId, library)
  const attemptId = createId()
  const copy = flaw === null ? await decideCopy({ videoId, probe, segmentFormat, attemptId, library }) : null
  // A copy is as large as it is, and nobody waits for the sizes below it.
  const content = copy?.kind === 'copy' ? null : await askForContent(videoId, probe, context)
  const plan = planEncoding({
    ...{ probe, segmentFormat, encoder, settings, content },
    copy: copy?.kind === 'copy' ? copy.plan : null,
  })
  const build = await openBuild(videoId, probe, plan)
  await library.openRevision(videoId, build._id)
  await withDiskBlamed(() => showHead(build, library.attemptPath(videoId, attemptId), library))
  // What it was remuxed into belongs to the revision under construction, and goes with its units.
  if (copy?.kind === 'copy' && copy.plan.remuxed)
    await library.adoptUnit(videoId, attemptId, { revisionId: build._id, key: REMUXED_UNIT })
  else await library.removeAttempt(videoId, attemptId)
  const { units, rungs, boundaries } = build.plan
  const sentence = copy?.sentence ?? flaw
  if (sentence !== null) context.log(sentence)
  context.log(
    `Planned: ${rungs.map(({ name }) => name).join(', ')} in ${units.length} units of ${boundaries.length} segments at most. ${encoder.sentence}`,
  )
  return { result: { revisionId: build._id }, encoder: sentence }
}

/** Asks a worker whether the picture can be copied; it reads the index of a stranger's file, which is not for this thread. */
async function decideCopy(options: {
  videoId: string
  probe: SourceProbe
  segmentFormat: SegmentFormat
  attemptId: string
  library: Storage
}): Promise<CopyDecision | null> {
  const { videoId, probe, segmentFormat, attemptId, library } = options
  const ladder = probe.video === null ? [] : planLadder(probe.video, getConfig().ladder)
  const [rung] = ladder
  if (rung === undefined) return null
  const refuse = (refusal: CopyRefusal): CopyDecision => ({
    kind: 'encode',
    refusal,
    sentence: explainRefusal(refusal),
  })
  if (ladder.length === 1) return refuse('small')
  const sourcePath = await getWorkSource(videoId)
  const workPath = await library.createAttempt(videoId, attemptId)
  const decided = await withDiskBlamed(() =>
    runTask('plan-copy', {
      ...{ sourcePath, probe, rung, workPath },
      ...{ withHead: segmentFormat === 'fmp4', tools: getMediaTools() },
    }),
  )
  if (decided.kind !== 'copy' || segmentFormat === 'fmp4') return decided
  // Sound in transport streams is always encoded.
  const plan = { ...decided.plan, sound: null }
  return { ...decided, plan, sentence: explainCopy(plan) }
}

async function openBuild(videoId: string, probe: SourceProbe, plan: EncodePlan): Promise<BuildRecord> {
  const build: BuildRecord = {
    _id: createId(),
    videoId,
    probe,
    plan,
    lanes: { low: emptyLane(), high: emptyLane() },
    copied: NOTHING_COPIED,
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
