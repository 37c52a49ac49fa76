import { randomBytes } from 'node:crypto'
import { hashPassword } from '#lib/auth/password'
import { settleRestores } from '#lib/catalog/snapshots/settle-restores'
import { UserModel } from '#lib/db/models/user'
import { VideoModel } from '#lib/db/models/video'
import { MULTIVARIANT_PLAYLIST, VIDEO_RECORD } from '#lib/domain/media-paths'
import { isPeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { parseVideoRecord, type StoredVideo } from '#lib/publish/video-record'
import { refreshVideoRecord } from '#lib/publish/write-video-record'
import { exists } from '#lib/storage/exists'

export interface RebuildResult {
  /** Videos that the database has again. */
  added: string[]
  /** Videos that it had: nothing of them was changed. */
  knownCount: number
  /** Accounts made anew, which have no password yet. */
  owners: { id: string; name: string; email: string }[]
  /** Folders of videos that were never published: what they were called only the database knew. */
  unfinished: string[]
  /** Videos whose `video.json` or files are not as they must be, and why. */
  refused: { videoId: string; reason: string }[]
}

/**
 * Makes the database's videos, and their owners' accounts, anew from the `video.json` files on the disk: titles,
 * visibility, revisions, what is in the bin. What the database has is left as it is, so this may be run at any time,
 * and again after it was interrupted. An owner whose address has an account by now gets the videos under that account.
 * @param say hears of each video as it is added
 */
export async function rebuildLibrary({
  say = () => undefined,
}: {
  say?: (line: string) => void
} = {}): Promise<RebuildResult> {
  await settleRestores()
  const library = await getLibrary()
  const result: RebuildResult = { added: [], knownCount: 0, owners: [], unfinished: [], refused: [] }
  for (const videoId of (await library.listVideoIds()).sort()) {
    if ((await VideoModel.exists({ _id: videoId })) !== null) {
      result.knownCount += 1
      continue
    }
    const text = await library.readVideoFile(videoId, VIDEO_RECORD)
    if (text === null) {
      result.unfinished.push(videoId)
      continue
    }
    try {
      const stored = parseVideoRecord(text.toString('utf8'))
      await addVideo(videoId, stored, result)
      say(`${videoId}  ${stored.title}`)
    } catch (error) {
      if (!isPeekrError(error)) throw error
      result.refused.push({ videoId, reason: error.message })
    }
  }
  return result
}

async function addVideo(videoId: string, stored: StoredVideo, result: RebuildResult): Promise<void> {
  const playlist = `${(await getLibrary()).revisionPath(videoId, stored.revision.id)}/${MULTIVARIANT_PLAYLIST}`
  if (stored.id !== videoId || !(await exists(playlist))) {
    const reason =
      stored.id === videoId
        ? `What it plays (revision ${stored.revision.id}) is missing. Restore it from a snapshot or a backup.`
        : `Its video.json is that of another video (${stored.id}). Restore it from a snapshot or a backup.`
    result.refused.push({ videoId, reason })
    return
  }
  const { version, id, owner, createdAt, publishedAt, deletedAt, eraseAt, replaced, ...facts } = stored
  const ownerId = await findOrMakeOwner(owner, result)
  await VideoModel.create({
    ...facts,
    replaced: await findReplaced(videoId, replaced),
    _id: id,
    ownerId,
    state: 'ready',
    playable: true,
    progress: 1,
    createdAt: new Date(createdAt),
    publishedAt: new Date(publishedAt),
    deletedAt: deletedAt === undefined ? null : new Date(deletedAt),
    eraseAt: eraseAt === undefined ? null : new Date(eraseAt),
  })
  result.added.push(videoId)
  if (ownerId !== owner.id) await refreshVideoRecord(videoId)
}

/** A backup has no originals that were replaced: one that is not here must not be taken for the one that is. */
async function findReplaced(
  videoId: string,
  replaced: StoredVideo['replaced'] = [],
): Promise<NonNullable<StoredVideo['replaced']>> {
  const library = await getLibrary()
  const found = replaced.map(async (source) => ({
    ...source,
    isKept: source.isKept && (await exists(library.sourcePath(videoId, source.uploadId))),
  }))
  return Promise.all(found)
}

/**
 * The account a video belongs to. One made here may upload, like anybody who has videos; that it once was an
 * administrator is not for a file to say.
 */
async function findOrMakeOwner(
  { id, name, email }: StoredVideo['owner'],
  result: RebuildResult,
): Promise<string> {
  if ((await UserModel.exists({ _id: id })) !== null) return id
  if (email === null) return id // its account was deleted before
  const sameAddress = await UserModel.findOne({ email }, { _id: 1 }).lean()
  if (sameAddress !== null) return sameAddress._id
  const passwordHash = await hashPassword(randomBytes(24).toString('base64url')) // nobody knows it
  await UserModel.create({ _id: id, email, name, role: 'uploader', passwordHash })
  result.owners.push({ id, name, email })
  return id
}
