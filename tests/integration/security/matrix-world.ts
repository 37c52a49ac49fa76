import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mongoose from 'mongoose'
import { createApiToken } from '#lib/auth/api-tokens'
import { createSessionCookie } from '#lib/auth/session-token'
import { parseConfig } from '#lib/config'
import { connectDatabase, disconnectDatabase } from '#lib/db/connect'
import { UploadModel } from '#lib/db/models/upload'
import { UserModel } from '#lib/db/models/user'
import { VideoModel } from '#lib/db/models/video'
import type { Grant } from '#lib/domain/grant'
import { createId } from '#lib/domain/id'
import type { Role, Scope } from '#lib/domain/permissions'
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
] as const
export type Identity = (typeof IDENTITIES)[number]

/** What a video may be to a stranger. `deleted` was public until a moment ago. */
export const KINDS = ['public', 'unlisted', 'private', 'deleted'] as const
export type Kind = (typeof KINDS)[number]

export const SOURCE_NAME = 'holiday-with-grandmother.mov'
export const SOURCE_SHA256 = '5e'.repeat(32)

export interface World {
  /** The same data behind both doors. */
  doors: Record<'on' | 'off', RunningPeekr>
  headers: Record<Identity, Record<string, string>>
  videos: Record<Kind, SeededVideo>
  ownerEmail: string
  /** What the owner's media URLs are signed for. */
  ownerGrant: Grant
  makeVideo(kind: Kind): Promise<SeededVideo>
  /** An open upload of the owner's. */
  makeUpload(): Promise<string>
  close(): Promise<void>
}

export interface SeededVideo {
  videoId: string
  revisionId: string
}

/** Two production servers over one data folder, with an account for each identity and a video of each kind. */
export async function openWorld(): Promise<World> {
  const dataPath = await mkdtemp(join(tmpdir(), 'peekr-matrix-'))
  const database = findDatabase(dataPath)
  const env = { PEEKR_ROLE: 'web', ...database }
  const on = await startPeekr({ dataPath, env: { ...env, PEEKR_FRONT_DOOR: 'on' } })
  const off = await startPeekr({ dataPath, env: { ...env, PEEKR_FRONT_DOOR: 'off' } })
  singleton('config', () => parseConfig({ PEEKR_DATA: dataPath, ...database }))
  configureLog('silent')
  await connectDatabase()

  const owner = await addUser('uploader')
  const admin = await addUser('admin')
  const disabled = await addUser('admin')
  await UserModel.updateOne({ _id: disabled }, { $set: { disabledAt: new Date() } })
  const makeVideo = (kind: Kind) => addVideo(dataPath, owner, kind)
  return {
    doors: { on, off },
    headers: {
      anonymous: {},
      viewer: await sessionOf(await addUser('viewer')),
      other: await sessionOf(await addUser('uploader')),
      owner: await sessionOf(owner),
      admin: await sessionOf(admin),
      disabled: await sessionOf(disabled),
      reads: await tokenOf(owner, 'videos:read'),
      uploads: await tokenOf(owner, 'uploads:write'),
      administers: await tokenOf(admin, 'admin'),
    },
    videos: {
      public: await makeVideo('public'),
      unlisted: await makeVideo('unlisted'),
      private: await makeVideo('private'),
      deleted: await makeVideo('deleted'),
    },
    ownerEmail: emailOf(owner),
    ownerGrant: { kind: 'session', id: owner, version: 1 },
    makeVideo,
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

async function addVideo(dataPath: string, ownerId: string, kind: Kind): Promise<SeededVideo> {
  const [videoId, revisionId] = [createId(), createId()]
  const revision = join(dataPath, 'library', videoId, 'revisions', revisionId)
  await mkdir(join(revision, '720p'), { recursive: true })
  await writeFile(join(revision, 'poster.jpg'), 'a picture')
  await writeFile(join(revision, '720p/segment-00001.m4s'), 'a segment')
  await VideoModel.create({
    _id: videoId,
    ownerId,
    uploadId: createId(),
    title: `A ${kind} video`,
    state: 'ready',
    playable: true,
    visibility: kind === 'deleted' ? 'public' : kind,
    source: { filename: SOURCE_NAME, sizeBytes: 9, sha256: SOURCE_SHA256 },
    revision: { id: revisionId, segmentFormat: 'fmp4', renditions: [], audio: null, poster: true },
    // In the bin, where only its owner and administrators reach it, by routes of their own.
    deletedAt: kind === 'deleted' ? new Date() : null,
    eraseAt: kind === 'deleted' ? new Date(Date.now() + 86_400_000) : null,
  })
  return { videoId, revisionId }
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
