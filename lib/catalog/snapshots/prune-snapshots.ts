import { dirname, join } from 'node:path'
import { getSettings } from '#lib/admin/settings'
import { planPruning } from '#lib/catalog/snapshots/plan-pruning'
import { withVideoLock } from '#lib/catalog/with-video-lock'
import { JobModel } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { REVISIONS_FOLDER, VIDEO_RECORD } from '#lib/domain/media-paths'
import { isPeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { settleSources } from '#lib/jobs/settle-sources'
import { getLog } from '#lib/log'
import { parseVideoRecord } from '#lib/publish/video-record'
import { exists } from '#lib/storage/exists'
import { readNames } from '#lib/storage/folder-names'
import type { Snapshot } from '#lib/storage/storage'

const GIB = 1024 ** 3
/** What was done within the last hour can be undone even when space is short. */
const YOUNG_MS = 3_600_000

/**
 * The sweep of the time machine: takes old versions of what plays out of the library once a snapshot has them, removes
 * the snapshots that no keep-rule names, and, while the disk has less free than the floor, those that alone hold
 * an old version, oldest first. One video's trouble is not another's. Twice is safe.
 */
export async function pruneSnapshots({ now = new Date() } = {}): Promise<void> {
  const settings = await getSettings()
  const rules = {
    hourly: settings.snapshotsHourly,
    daily: settings.snapshotsDaily,
    weekly: settings.snapshotsWeekly,
    monthly: settings.snapshotsMonthly,
  }
  const library = await getLibrary()
  const holding: { videoId: string; snapshot: Snapshot }[] = []
  for (const videoId of await library.listVideoIds()) {
    try {
      await removeOldRevisions(videoId)
      const labels = await library.readSnapshotLabels(videoId)
      const listed = (await library.listSnapshots(videoId)).map((snapshot) => ({
        ...snapshot,
        label: labels[snapshot.name] ?? null,
      }))
      const gone = planPruning({ snapshots: listed, rules, now })
      await removeSnapshots(videoId, gone)
      await removeOldSources(videoId)
      for (const snapshot of listed) {
        if (gone.includes(snapshot) || snapshot.label !== null) continue
        if (now.getTime() - snapshot.createdAt.getTime() <= YOUNG_MS) continue
        if (await holdsOldRevision(videoId, snapshot)) holding.push({ videoId, snapshot })
      }
    } catch (error) {
      getLog('snapshots').warn({ err: error, videoId }, 'the snapshots of this video could not be pruned')
    }
  }
  await keepFloor(holding, settings.snapshotFloorGib * GIB)
}

async function keepFloor(
  holding: { videoId: string; snapshot: Snapshot }[],
  floorBytes: number,
): Promise<void> {
  const library = await getLibrary()
  const oldestFirst = holding.toSorted(
    (left, right) => left.snapshot.createdAt.getTime() - right.snapshot.createdAt.getTime(),
  )
  for (const { videoId, snapshot } of oldestFirst) {
    if ((await library.freeBytes()) >= floorBytes) return
    await removeSnapshots(videoId, [snapshot])
    getLog('snapshots').info(
      { videoId, snapshot: snapshot.name },
      'removed a snapshot before its time, because the disk has less free than the floor that is set',
    )
  }
}

async function removeSnapshots(videoId: string, snapshots: readonly Snapshot[]): Promise<void> {
  if (snapshots.length === 0) return
  const library = await getLibrary()
  await withVideoLock(videoId, async () => {
    for (const { name } of snapshots) await library.deleteSnapshot(videoId, name)
  })
}

/** Whether a snapshot has a revision that is not in the library any more. */
async function holdsOldRevision(videoId: string, { name }: Snapshot): Promise<boolean> {
  const library = await getLibrary()
  const text = await library.readSnapshotFile(videoId, name, VIDEO_RECORD)
  if (text === null) return false
  try {
    const { revision } = parseVideoRecord(text.toString('utf8'))
    return !(await exists(library.revisionPath(videoId, revision.id)))
  } catch (error) {
    // One that cannot be read is nobody's way back, but deleting it is for a person to decide.
    if (isPeekrError(error)) return false
    throw error
  }
}

/** A source that was replaced stays for as long as a snapshot can bring its time back. */
async function removeOldSources(videoId: string): Promise<void> {
  const library = await getLibrary()
  // The disk first, as below.
  if ((await readNames(dirname(library.sourcePath(videoId)))).length < 2) return
  await withVideoLock(videoId, async () => {
    const video = await VideoModel.findOne({ _id: videoId, state: 'ready' }, { replaced: 1 }).lean()
    // The end of a publish exchanges the sources itself.
    const publishing = {
      videoId,
      kind: 'publish' as const,
      state: { $in: ['queued' as const, 'running' as const] },
    }
    if (video === null || (await JobModel.exists(publishing).setOptions({ sanitizeFilter: false }))) return
    const wanted = new Set<string>()
    for (const snapshot of await library.listSnapshots(videoId)) {
      const text = await library.readSnapshotFile(videoId, snapshot.name, VIDEO_RECORD)
      if (text !== null) wanted.add(parseVideoRecord(text.toString('utf8')).uploadId)
    }
    const gone = (video.replaced ?? []).map(({ uploadId }) => uploadId).filter((id) => !wanted.has(id))
    const left = { replaced: { uploadId: { $in: gone } } }
    if (gone.length > 0)
      await VideoModel.updateOne({ _id: videoId }, { $pull: left }, { sanitizeFilter: false })
    await settleSources(videoId)
  })
}

/**
 * After a re-encode both versions lie in the library; the old one is in the snapshot that was taken before, so it goes
 * here, when nobody may be watching it any more, and its space comes back when that snapshot does.
 */
async function removeOldRevisions(videoId: string): Promise<void> {
  const library = await getLibrary()
  // The disk first: of thousands of videos only a few have more than one, and those alone cost a query.
  const revisionsPath = join(dirname(dirname(library.sourcePath(videoId))), REVISIONS_FOLDER)
  const revisionIds = await readNames(revisionsPath)
  if (revisionIds.length < 2) return
  const video = await VideoModel.findOne(
    { _id: videoId, state: 'ready', deletedAt: null },
    { revision: 1, former: 1 },
  ).lean()
  if (video?.revision == null) return
  const current = video.revision.id
  const { former } = video
  const watched = former && former.until.getTime() > Date.now() ? former.revisionId : null
  const old = revisionIds.filter((revisionId) => revisionId !== current && revisionId !== watched)
  const kept = new Set<string>()
  for (const { name } of await library.listSnapshots(videoId)) {
    const inside = join(library.snapshotPath(videoId, name), REVISIONS_FOLDER)
    for (const revisionId of await readNames(inside)) kept.add(revisionId)
  }
  await withVideoLock(videoId, async () => {
    if ((await VideoModel.exists({ _id: videoId, state: 'ready', 'revision.id': current })) === null) return
    for (const revisionId of old) if (kept.has(revisionId)) await library.removeRevision(videoId, revisionId)
  })
}
