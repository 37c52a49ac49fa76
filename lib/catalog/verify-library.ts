import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { getConfig } from '#lib/config'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { VideoLockModel } from '#lib/db/models/video-lock'
import { MULTIVARIANT_PLAYLIST, VIDEO_RECORD } from '#lib/domain/media-paths'
import { isPeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { parseVideoRecord, type StoredVideo } from '#lib/publish/video-record'
import { exists } from '#lib/storage/exists'
import { findOrphans } from '#lib/storage/find-orphans'

/** Something on the disk without its record, or the other way round. */
export interface LibraryFinding {
  videoId: string
  kind: 'unrecorded' | 'leftover' | 'missing' | 'unreadable' | 'outdated' | 'interrupted'
  /** What is the matter and what to do about it, in sentences. */
  sentence: string
}

/** A change writes the record first and the file a moment later, so a difference is looked at this often. */
const LOOKS_MAX = 3
const LOOK_MS = 250

/**
 * Compares the disk with the database, both ways: published videos without a record, leftovers of unfinished ones,
 * records without their files, a `video.json` that cannot be read or says something else than the database. Reads names
 * and `video.json`, not the media; changes nothing. What is being made or erased at the moment is left out.
 */
export async function verifyLibrary(): Promise<{ videoCount: number; findings: LibraryFinding[] }> {
  const { removable, unrecorded } = await findOrphans({ dataPath: getConfig().dataPath, findKnown })
  const findings: LibraryFinding[] = [
    ...unrecorded.map((videoId) => ({
      videoId,
      kind: 'unrecorded' as const,
      sentence: 'A published video that the database does not know. `peekr rebuild` brings it back.',
    })),
    ...removable.map((videoId) => ({
      videoId,
      kind: 'leftover' as const,
      sentence: 'What an unfinished video without a record left. Peekr removes it within the hour.',
    })),
  ]
  for (const videoId of await (await getLibrary()).listUnsettledRestores()) {
    const sentence = 'A restore was cut off. Peekr brings it to an end when it runs.'
    findings.push({ videoId, kind: 'interrupted', sentence })
  }
  let videoCount = 0
  const differing: string[] = []
  const erasing = { deletedAt: { $ne: null }, $or: [{ eraseAt: null }, { eraseAt: { $lte: new Date() } }] }
  const records = VideoModel.find({ publishedAt: { $ne: null }, revision: { $ne: null }, $nor: [erasing] })
    .setOptions({ sanitizeFilter: false })
    .lean()
    .cursor()
  for await (const record of records) {
    videoCount += 1
    const finding = await checkRecord(record)
    if (finding?.kind === 'outdated') differing.push(record._id)
    else if (finding !== null) findings.push({ videoId: record._id, ...finding })
  }
  return { videoCount, findings: [...findings, ...(await lookAgain(differing))] }
}

/** What differs because a change is under way is not told; one that was cut off is told as such. */
async function lookAgain(videoIds: string[]): Promise<LibraryFinding[]> {
  let differing = videoIds
  for (let look = 1; differing.length > 0; look += 1) {
    await sleep(LOOK_MS)
    const findings: LibraryFinding[] = []
    for (const videoId of differing) {
      const video = await VideoModel.findById(videoId).lean()
      const finding = video?.revision && video.publishedAt !== null ? await checkRecord(video) : null
      if (finding !== null) findings.push({ videoId, ...finding })
    }
    if (look === LOOKS_MAX) return Promise.all(findings.map(tellCutOff))
    differing = findings.map(({ videoId }) => videoId)
  }
  return []
}

async function tellCutOff(finding: LibraryFinding): Promise<LibraryFinding> {
  const { videoId, kind } = finding
  if (kind !== 'outdated' || (await VideoLockModel.exists({ _id: videoId })) === null) return finding
  const sentence =
    'A change of it was cut off. Peekr brings its video.json up to date within a minute when it runs.'
  return { videoId, kind: 'interrupted', sentence }
}

async function checkRecord(record: VideoRecord): Promise<Omit<LibraryFinding, 'videoId'> | null> {
  const { _id: videoId, revision } = record
  const library = await getLibrary()
  if (
    revision !== null &&
    !(await exists(join(library.revisionPath(videoId, revision.id), MULTIVARIANT_PLAYLIST)))
  ) {
    const snapshots = await library.listSnapshots(videoId)
    const advice = snapshots.length > 0 ? 'Restore everything from a snapshot' : 'Restore it from a backup'
    return {
      kind: 'missing',
      sentence: `“${record.title}” is in the database, but not what it plays. ${advice}.`,
    }
  }
  const text = await library.readVideoFile(videoId, VIDEO_RECORD)
  if (text === null)
    return { kind: 'missing', sentence: 'Its video.json is missing. Save its details once to write it.' }
  try {
    return describeDifference(record, parseVideoRecord(text.toString('utf8')))
  } catch (error) {
    if (!isPeekrError(error)) throw error
    return { kind: 'unreadable', sentence: error.message }
  }
}

function describeDifference(
  record: VideoRecord,
  stored: StoredVideo,
): Omit<LibraryFinding, 'videoId'> | null {
  const said = [
    stored.title,
    stored.description,
    stored.visibility,
    stored.revision.id,
    stored.eraseAt ?? null,
  ]
  const { title, description, visibility, revision, eraseAt } = record
  const known = [title, description, visibility, revision?.id, eraseAt?.toISOString() ?? null]
  if (JSON.stringify([said, stored.tags]) === JSON.stringify([known, record.tags])) return null
  return {
    kind: 'outdated',
    sentence: 'Its video.json says something else than the database. Save its details once to write it anew.',
  }
}

async function findKnown(videoIds: string[]): Promise<string[]> {
  const known = await VideoModel.find({ _id: { $in: videoIds } }, { _id: 1 })
    .setOptions({ sanitizeFilter: false })
    .lean()
  return known.map(({ _id }) => _id)
}
