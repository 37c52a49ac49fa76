import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import mongoose from 'mongoose'
import { createAccessCookie } from '#lib/auth/access-cookie'
import { createApiToken } from '#lib/auth/api-tokens'
import { createUser } from '#lib/auth/create-user'
import { hashPassword } from '#lib/auth/password'
import { createSessionCookie } from '#lib/auth/session-token'
import { hashToken } from '#lib/auth/token-viewer'
import { parseConfig } from '#lib/config'
import { connectDatabase, disconnectDatabase } from '#lib/db/connect'
import { ShareLinkModel } from '#lib/db/models/share-link'
import { UploadModel } from '#lib/db/models/upload'
import { UserModel } from '#lib/db/models/user'
import { VideoModel } from '#lib/db/models/video'
import type { Grant } from '#lib/domain/grant'
import { createId } from '#lib/domain/id'
import type { Role, Scope } from '#lib/domain/permissions'
import type { VideoState } from '#lib/domain/video'
import { configureLog } from '#lib/log'
import { singleton } from '#lib/singleton'
import { type RunningPeekr, startPeekr } from '../../support/server.ts'

/** Everybody who may ask, in the order in which a row lists what they get. */
export const IDENTITIES = [
  'anonymous',
  'viewer',
  'other', // an uploader with nothing of the owner's
  'owner', // the uploader whose videos these are
  'admin',
  'disabled', // the owner's twin: an admin whose account was disabled
  'reads', // a token of the owner with `videos:read` alone
  'uploads', // a token of the owner with `uploads:write` alone
  'administers', // a token of the admin with `admin` alone
  // Those whom something about the very video lets in, where its visibility lets it; see `makeVideo`.
  'named', // a viewer whom the owner has named
  'removed', // a viewer who was named once
  'pass', // a browser that has given the password
  'oldPass', // a browser that gave the password before it was changed
  'link', // a browser that has opened a link
  'endedLink', // a browser that opened a link which was revoked since
  'lateLink', // a browser that opened a link which has expired since
] as const
export type Identity = (typeof IDENTITIES)[number]

/** What a video may be to a stranger. `deleted` was public until a moment ago. */
export const KINDS = ['public', 'unlisted', 'password', 'people', 'private', 'deleted'] as const
export type Kind = (typeof KINDS)[number]

export const SOURCE_NAME = 'holiday-with-grandmother.mov'
/** Of the accounts of `makeUser`. */
export const PASSWORD = 'a quiet river at noon'
/** Of every video's password. */
export const VIDEO_PASSWORD = 'open sesame please'
export const SOURCE_SHA256 = '5e'.repeat(32)

export interface World {
  /** The same data behind both doors. */
  doors: Record<'on' | 'off', RunningPeekr>
  /** What an identity sends; about one video, what it has for that. */
  headersOf(identity: Identity, video?: SeededVideo): Record<string, string>
  videos: Record<Kind, SeededVideo>
  ownerEmail: string
  /** Of the server MONGODB_URI names; null is the embedded one. */
  databaseUri: string | null
  /** What the owner's media URLs are signed for. */
  ownerGrant: Grant
  /** A video with a name, a password and links, whatever its kind lets in. Only a ready one has files. */
  makeVideo(kind: Kind, state?: VideoState): Promise<SeededVideo>
  /** One more account, with PASSWORD, and a session of it. */
  makeUser(role: Role): Promise<{ userId: string; email: string; headers: Record<string, string> }>
  /** An open upload of the owner's. */
  makeUpload(): Promise<string>
  close(): Promise<void>
}

export interface SeededVideo {
  videoId: string
  revisionId: string
  title: string
  /** Ids of its links: one that holds, one that was revoked, one that has expired. */
  links: Record<'link' | 'endedLink' | 'lateLink', string>
}

/**
 * Two production servers over one data folder, with an account for each identity and a video of each kind.
 * @param options.paths the files that each video has
 */
export async function openWorld({
  logLevel = 'warn',
  paths = FEW_PATHS as readonly string[],
} = {}): Promise<World> {
  const dataPath = await mkdtemp(join(tmpdir(), 'peekr-matrix-'))
  const database = findDatabase(dataPath)
  const env = { PEEKR_ROLE: 'web', PEEKR_LOG_LEVEL: logLevel, ...database }
  const on = await startPeekr({ dataPath, env: { ...env, PEEKR_FRONT_DOOR: 'on' } })
  const off = await startPeekr({ dataPath, env: { ...env, PEEKR_FRONT_DOOR: 'off' } })
  singleton('config', () => parseConfig({ PEEKR_DATA: dataPath, ...database }))
  configureLog('silent')
  await connectDatabase()

  const owner = await addUser('uploader')
  const admin = await addUser('admin')
  const disabled = await addUser('admin')
  await UserModel.updateOne({ _id: disabled }, { $set: { disabledAt: new Date() } })
  const named = await addUser('viewer')
  const passwordHash = await hashPassword(VIDEO_PASSWORD)
  const makeVideo = (kind: Kind, state: VideoState = 'ready') =>
    addVideo({ dataPath, owner, named, passwordHash, kind, state, paths })
  const headers: Partial<Record<Identity, Record<string, string>>> = {
    anonymous: {},
    viewer: await sessionOf(await addUser('viewer')),
    other: await sessionOf(await addUser('uploader')),
    owner: await sessionOf(owner),
    admin: await sessionOf(admin),
    disabled: await sessionOf(disabled),
    reads: await tokenOf(owner, 'videos:read'),
    uploads: await tokenOf(owner, 'uploads:write'),
    administers: await tokenOf(admin, 'admin'),
    named: await sessionOf(named),
    removed: await sessionOf(await addUser('viewer')),
  }
  return {
    doors: { on, off },
    headersOf: (identity, video) => headers[identity] ?? (video ? cookieOf(identity, video) : {}),
    videos: {
      public: await makeVideo('public'),
      unlisted: await makeVideo('unlisted'),
      password: await makeVideo('password'),
      people: await makeVideo('people'),
      private: await makeVideo('private'),
      deleted: await makeVideo('deleted'),
    },
    ownerEmail: emailOf(owner),
    databaseUri: database.MONGODB_URI ?? null,
    ownerGrant: { kind: 'session', id: owner, version: 1 },
    makeVideo,
    makeUser: async (role) => {
      const email = emailOf(createId())
      const { _id: userId } = await createUser({ email, name: role, role, password: PASSWORD })
      return { userId, email, headers: await sessionOf(userId) }
    },
    makeUpload: () => addUpload(dataPath, owner),
    close: async () => {
      if (database.MONGODB_URI) await mongoose.connection.dropDatabase()
      await disconnectDatabase()
      await off.stop()
      await on.stop() // last: it runs the embedded database
      await rm(dataPath, { recursive: true, force: true })
    },
  }
}

function findDatabase(dataPath: string): { MONGODB_URI?: string } {
  if (!process.env.MONGODB_URI) return {}
  const uri = new URL(process.env.MONGODB_URI)
  uri.pathname = `/${dataPath.split('/').at(-1)}`
  return { MONGODB_URI: uri.href }
}

function emailOf(userId: string): string {
  return `${userId}@accounts.example`
}

async function addUser(role: Role): Promise<string> {
  const userId = createId()
  await UserModel.create({ _id: userId, email: emailOf(userId), name: role, role, passwordHash: 'none' })
  return userId
}

async function sessionOf(userId: string): Promise<Record<string, string>> {
  const cookie = await createSessionCookie({ userId, sessionVersion: 1 }, false)
  return { cookie: cookie.split(';')[0] ?? '' }
}

async function tokenOf(userId: string, scope: Scope): Promise<Record<string, string>> {
  const { token } = await createApiToken({ userId, name: scope, scopes: [scope] })
  return { authorization: `Bearer ${token}` }
}

/** What a browser was given for a video when it came in. */
function cookieOf(identity: Identity, { videoId, links }: SeededVideo): Record<string, string> {
  const grants: Partial<Record<Identity, Grant>> = {
    pass: { kind: 'password', id: null, version: 2 },
    oldPass: { kind: 'password', id: null, version: 1 },
    link: { kind: 'link', id: links.link, version: 0 },
    endedLink: { kind: 'link', id: links.endedLink, version: 0 },
    lateLink: { kind: 'link', id: links.lateLink, version: 0 },
  }
  const grant = grants[identity]
  if (grant === undefined) return {}
  const request = new Request('http://peekr.test')
  return { cookie: createAccessCookie({ request, videoId, grant }).split(';')[0] ?? '' }
}

async function addLink(videoId: string, endsInMs: number): Promise<string> {
  const linkId = createId()
  const createdAt = new Date()
  const expiresAt = new Date(Date.now() + endsInMs)
  await ShareLinkModel.create({ _id: linkId, videoId, secretHash: hashToken(linkId), createdAt, expiresAt })
  return linkId
}

async function addVideo(given: {
  dataPath: string
  owner: string
  named: string
  passwordHash: string
  kind: Kind
  state: VideoState
  paths: readonly string[]
}): Promise<SeededVideo> {
  const { dataPath, owner: ownerId, named, passwordHash, kind, state, paths } = given
  const [videoId, revisionId] = [createId(), createId()]
  const title = `A ${kind} video ${videoId.slice(0, 4)}`
  const revision = join(dataPath, 'library', videoId, 'revisions', revisionId)
  await writeRevision(revision, paths)
  await VideoModel.create({
    _id: videoId,
    ownerId,
    uploadId: createId(),
    title,
    state,
    playable: state === 'ready',
    visibility: kind === 'deleted' ? 'public' : kind,
    access: { people: [{ userId: named, label: 'named' }], passwordVersion: 2, passwordHash },
    source: { filename: SOURCE_NAME, sizeBytes: 9, sha256: SOURCE_SHA256 },
    revision:
      state === 'ready'
        ? { id: revisionId, segmentFormat: 'fmp4', renditions: [], audio: null, poster: true }
        : null,
    // In the bin, where only its owner and administrators reach it, by routes of their own.
    deletedAt: kind === 'deleted' ? new Date() : null,
    eraseAt: kind === 'deleted' ? new Date(Date.now() + 86_400_000) : null,
  })
  const links = {
    link: await addLink(videoId, 3_600_000),
    endedLink: createId(),
    lateLink: await addLink(videoId, -60_000),
  }
  return { videoId, revisionId, title, links }
}

/** A file of every kind that a revision has. */
export const MEDIA_PATHS = [
  'multivariant.m3u8',
  'poster.jpg',
  'hover.mp4',
  'storyboard.vtt',
  'storyboard-0.jpg',
  '720p/media.m3u8',
  '720p/init.mp4',
  '720p/segment-00001.m4s',
  'audio/segment-00001.ts',
  'audio-1/segment-00001.m4s',
  'subtitles-1/media.m3u8',
  'subtitles-1/captions.vtt',
] as const

/** Enough where hundreds of videos are made. */
const FEW_PATHS = ['multivariant.m3u8', 'poster.jpg', '720p/media.m3u8', '720p/segment-00001.m4s']

export async function writeRevision(folder: string, paths: readonly string[] = MEDIA_PATHS): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), path.endsWith('.m3u8') ? '#EXTM3U\n' : randomBytes(300))
  }
}

async function addUpload(dataPath: string, ownerId: string): Promise<string> {
  const [uploadId, videoId] = [createId(), createId()]
  await UploadModel.create({
    _id: uploadId,
    videoId,
    ownerId,
    state: 'open',
    sizeBytes: 9,
    filename: SOURCE_NAME,
    expiresAt: new Date(Date.now() + 3_600_000),
  })
  await VideoModel.create({
    _id: videoId,
    ownerId,
    uploadId,
    title: 'On its way',
    state: 'uploading',
    source: { filename: SOURCE_NAME, sizeBytes: 9, sha256: null },
  })
  await mkdir(join(dataPath, 'uploads'), { recursive: true })
  await writeFile(join(dataPath, 'uploads', uploadId), '')
  return uploadId
}
