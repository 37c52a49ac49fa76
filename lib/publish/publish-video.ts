import { join } from 'node:path'
import { getSettings } from '#lib/admin/settings'
import { getSecret } from '#lib/auth/secrets'
import { BuildModel } from '#lib/db/models/build'
import { JobModel, type JobRecord } from '#lib/db/models/job'
import { ProofModel } from '#lib/db/models/proof'
import { type Replacing, VideoModel, type VideoRecord } from '#lib/db/models/video'
import { moveVideo, reportVideoProgress } from '#lib/db/move-video'
import { MANIFEST } from '#lib/domain/media-paths'
import type { Pictures } from '#lib/domain/pictures'
import type { Transcoded } from '#lib/domain/transcoded'
import { PeekrError } from '#lib/errors'
import { dropEarly } from '#lib/jobs/drop-early'
import { getLibrary } from '#lib/jobs/library'
import { runTask } from '#lib/jobs/pool'
import type { JobContext, JobOutcome } from '#lib/jobs/run-job'
import { settleSources } from '#lib/jobs/settle-sources'
import { withDiskBlamed } from '#lib/jobs/with-disk-blamed'
import { buildManifest, signManifest } from '#lib/publish/manifest'
import { verifyRevision } from '#lib/publish/verify-revision'
import { verifySource } from '#lib/publish/verify-source'
import { refreshVideoRecord, writeVideoRecord } from '#lib/publish/write-video-record'
import { exists } from '#lib/storage/exists'
import type { Storage } from '#lib/storage/storage'
import { writeFileWhole } from '#lib/storage/write-file-whole'

const PROGRESS_VERIFIED = 0.99
/** How long those who watch a version may go on when another takes its place. */
const FORMER_MS = 3_600_000

/**
 * The `publish` job: judges whether the source was all there, signs what the revision consists of, shows
 * it, takes a read-only snapshot, and deals with the original as the settings say. Every unit was proved by decoding it
 * before it was assembled. Each step is safe to repeat, so a crash between two of them costs nothing.
 * @throws output_invalid, source_truncated, source_corrupt, disk_full, cancelled
 */
export async function publishVideo(job: JobRecord, context: JobContext): Promise<JobOutcome> {
  const { videoId } = job
  const library = await getLibrary()
  const revisionId = await showBuild(videoId, context)
  await library.removeAttempts(videoId)
  await library.removeUnits(videoId)
  await dropEarly(videoId)
  await snapshotOnce(videoId, revisionId, library)
  await settleSources(videoId)
  const isSourceKept = (await getSettings()).originals === 'keep'
  await openProof(videoId, revisionId, isSourceKept)
  if (!isSourceKept) {
    const withReplaced = { _id: videoId, 'replaced.0': { $exists: true } }
    await VideoModel.updateOne(withReplaced, { $set: { replaced: [] } }, { sanitizeFilter: false })
    await library.removeSource(videoId)
  }
  await BuildModel.deleteOne({ _id: revisionId })
  return { result: { revisionId }, encoder: null }
}

/** Publishes what was built; when that is done already, finds what was published. Returns the revision's id. */
async function showBuild(videoId: string, context: JobContext): Promise<string> {
  const build = await BuildModel.findOne({ videoId }, { transcoded: 1 }).lean()
  if (build === null) {
    const video = await VideoModel.findOne({ _id: videoId, state: 'ready' }, { revision: 1 }).lean()
    if (video?.revision) return video.revision.id
    throw new PeekrError('cancelled')
  }
  if (build.transcoded === null)
    throw new PeekrError('worker_lost', { details: { videoId, missing: 'transcoded' } })
  const { transcoded } = build
  await withDiskBlamed(() => sealBuild(videoId, transcoded, context))
  await showRevision(videoId, transcoded)
  return build._id
}

async function sealBuild(videoId: string, transcoded: Transcoded, context: JobContext): Promise<void> {
  const { revisionId, probe, encoded } = transcoded
  const library = await getLibrary()
  const outputPath = library.revisionPath(videoId, revisionId)
  // Signed already: a crash came after it.
  if (await exists(join(outputPath, MANIFEST))) return library.sealRevision(videoId, revisionId)
  verifySource(probe, encoded)
  await verifyRevision(outputPath, encoded)
  context.log(`Verified: ${encoded.frameCount} frames, ${encoded.durationSeconds.toFixed(3)} s.`)
  const { signal } = context
  const files = await runTask(
    'hash-folder',
    { path: outputPath, except: [MANIFEST] },
    { signal, onProgress: context.report },
  )
  const manifest = buildManifest({ videoId, revisionId, createdAt: new Date(), files })
  await writeFileWhole(join(outputPath, MANIFEST), signManifest(manifest, getSecret('manifest')))
  await library.sealRevision(videoId, revisionId)
  await reportVideoProgress(videoId, PROGRESS_VERIFIED)
}

/** Writes `video.json` first: what the database then says is on the disk already. */
async function showRevision(videoId: string, transcoded: Transcoded): Promise<void> {
  const { revisionId, encoded } = transcoded
  const pictures = await findPictures(videoId)
  const video = await VideoModel.findById(videoId).lean()
  // Shown by an attempt that may have ended before the file followed an edit of that moment. Also one that was put into the
  // bin right after: what the encode left is to be removed all the same.
  const isShown = video?.state === 'ready' && (video.deletedAt === null || video.revision?.id === revisionId)
  if (isShown) return refreshVideoRecord(videoId)
  if (video === null || video.deletedAt !== null) throw new PeekrError('cancelled')
  const facts = {
    revision: {
      id: revisionId,
      segmentFormat: transcoded.segmentFormat,
      renditions: encoded.renditions,
      audio: encoded.audio,
      ...(encoded.tracks && { tracks: encoded.tracks }),
      ...pictures,
    },
    former: planFormer(video, revisionId),
    quarantine: null,
    durationSeconds: encoded.durationSeconds,
    publishedAt: video.publishedAt ?? new Date(),
    ...(video.replacing && (await planTakeover(video, video.replacing, transcoded))),
  }
  await writeVideoRecord({ ...video, ...facts })
  const shown = await moveVideo(videoId, 'ready', { ...facts, playable: true, progress: 1 })
  // Somebody cancelled it or began its deletion meanwhile: its source must stay where it is.
  if (!shown && !(await VideoModel.exists({ _id: videoId, state: 'ready' })))
    throw new PeekrError('cancelled')
  // Its details may have been edited since they were read above.
  await refreshVideoRecord(videoId)
}

function planFormer({ revision, quarantine }: VideoRecord, revisionId: string): VideoRecord['former'] {
  if (revision === null || revision.growing || quarantine || revision.id === revisionId) return null
  return { revisionId: revision.id, until: new Date(Date.now() + FORMER_MS) }
}

/** What becomes true of a video in the moment a new file takes the place of its source; the files themselves follow. */
async function planTakeover(
  video: VideoRecord,
  { uploadId, source, fingerprint }: Replacing,
  { probe }: Transcoded,
): Promise<Partial<VideoRecord>> {
  const isKept = await exists((await getLibrary()).sourcePath(video._id))
  const before = { uploadId: video.uploadId, sizeBytes: video.source.sizeBytes, isKept }
  return {
    uploadId,
    source,
    ...(fingerprint && { fingerprint }),
    ...(probe.video && { width: probe.video.width, height: probe.video.height }),
    replacing: null,
    replaced: [
      ...(video.replaced ?? []),
      { ...before, ...(video.fingerprint && { fingerprint: video.fingerprint }) },
    ],
  }
}

/** Which pictures there are; a video of which none could be made is still a video. */
async function findPictures(videoId: string): Promise<Pictures> {
  const job = await JobModel.findOne({ videoId, kind: 'pictures', state: 'done' }, { result: 1 }).lean()
  return (job?.result as Pictures | undefined) ?? { poster: false, storyboard: false, hover: false }
}

/**
 * From now on the schedule counts to its first reading. While the original is kept, so is what the units were made by: one
 * that is damaged later can then be made again.
 */
async function openProof(videoId: string, revisionId: string, isSourceKept: boolean): Promise<void> {
  const build = await BuildModel.findById(revisionId, { plan: 1, probe: 1 }).lean()
  // Repeated after a crash that came when all of this was done.
  if (build === null) return
  const { plan, probe } = build
  const fresh = { verdict: 'unproved' as const, verifiedAt: null, sentence: '', flaws: [], restores: [] }
  const recipe = isSourceKept ? { revisionId, plan, probe } : null
  await ProofModel.updateOne(
    { _id: videoId },
    { $set: { ...fresh, revisionId, recipe, checkedAt: new Date(), cursor: null, requestedAt: null } },
    { upsert: true },
  )
}

/** One for each revision, and one only, however often the job is repeated. */
async function snapshotOnce(videoId: string, revisionId: string, library: Storage): Promise<void> {
  const wanted = `publish-${revisionId}`
  const snapshots = await library.listSnapshots(videoId)
  if (snapshots.some(({ reason }) => reason === wanted)) return
  await library.snapshot(videoId, wanted)
}
