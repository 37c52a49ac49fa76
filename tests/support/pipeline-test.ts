import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import mongoose from 'mongoose'
import { parseConfig } from '#lib/config'
import { connectDatabase, disconnectDatabase } from '#lib/db/connect'
import { JobModel, type JobRecord } from '#lib/db/models/job'
import { UserModel } from '#lib/db/models/user'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { SCOPES, type Viewer } from '#lib/domain/permissions'
import { configureLog } from '#lib/log'
import { type Services, startServices } from '#lib/services'
import { forgetSingleton, singleton } from '#lib/singleton'
import { importFile } from '#lib/upload/import-file'

const PER_PROCESS = [
  'jobs.library',
  'jobs.low-water',
  'upload.sweep',
  'stream-access',
  'stream-tokens',
  'stream-grants',
  'media-cache',
]

export interface PipelineTest {
  dataPath: string
  owner: Viewer
  /** Settings to be put in place of those in force. */
  configure(settings: Record<string, string>): void
  /** The work on videos, in this process. */
  start(): Promise<Services>
  /** Stops the services and removes the database and the data folder. */
  close(): Promise<void>
}

/** A data folder, a database and an administrator for one test file, with the services not yet started. */
export async function openPipelineTest(
  options: { dataPath?: string; settings?: Record<string, string> } = {},
): Promise<PipelineTest> {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-pipeline-'))
  const dataPath = options.dataPath ?? join(folder, 'data')
  const uri = process.env.MONGODB_URI ? new URL(process.env.MONGODB_URI) : null
  if (uri) uri.pathname = `/peekr-pipeline-${randomBytes(6).toString('hex')}`
  const base = {
    PEEKR_DATA: dataPath,
    PEEKR_RESERVE: '0',
    PEEKR_ENCODER: 'x264',
    ...(uri && { MONGODB_URI: uri.href }),
    ...options.settings,
  }
  const configure = (settings: Record<string, string>) => {
    forgetSingleton('config')
    singleton('config', () => parseConfig({ ...base, ...settings }))
  }
  configure({})
  configureLog('silent')
  await connectDatabase()
  const owner: Viewer = {
    userId: createId(),
    name: 'Ana',
    email: 'ana@example.org',
    role: 'admin',
    scopes: SCOPES,
    via: 'session',
  }
  const { userId, name, email, role } = owner
  await UserModel.create({ _id: userId, name, email, role, passwordHash: 'none' })
  let services: Services | null = null
  return {
    dataPath,
    owner,
    configure,
    async start() {
      services = await startServices()
      return services
    },
    async close() {
      await services?.stop()
      await connectDatabase()
      await mongoose.connection.dropDatabase()
      await disconnectDatabase()
      for (const name of PER_PROCESS) forgetSingleton(name)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Takes a file in as an upload of the owner's; returns its video. */
export function importClip(test: PipelineTest, path: string): Promise<string> {
  const filename = basename(path)
  return importFile({ owner: test.owner, path, filename, title: filename, visibility: 'private' })
}

/** Waits until `get` gives something; throws with what there was otherwise. */
export async function until<T>(
  what: string,
  get: () => Promise<T | null | undefined | false>,
  timeoutMs = 60_000,
): Promise<T> {
  for (const deadline = performance.now() + timeoutMs; performance.now() < deadline; await sleep(50)) {
    const value = await get()
    if (value) return value
  }
  throw new Error(`Not within ${timeoutMs / 1000} s: ${what}`)
}

/** The video once it is ready or failed. */
export function waitForEnd(videoId: string, timeoutMs = 90_000): Promise<VideoRecord> {
  return until(
    `the end of video ${videoId}`,
    () =>
      VideoModel.findOne({ _id: videoId, state: { $in: ['ready', 'failed'] } })
        .setOptions({ sanitizeFilter: false })
        .lean(),
    timeoutMs,
  )
}

export async function getJobOf(videoId: string, kind: JobRecord['kind']): Promise<JobRecord> {
  return until(`a ${kind} job of ${videoId}`, () => JobModel.findOne({ videoId, kind }).lean())
}

/** Waits until FFmpeg is really at work on a video's encode. */
export async function waitForEncoding(videoId: string): Promise<void> {
  await until(`FFmpeg encoding ${videoId}`, async () => (await findFfmpegOf(videoId)).length > 0)
  await until(
    `progress of ${videoId}`,
    async () => ((await JobModel.findOne({ videoId, kind: 'transcode' }).lean())?.progress ?? 0) > 0,
  )
}

/** Process ids of FFmpeg and its sandbox that have this text (an id, a folder) among their files. */
export async function findFfmpegOf(text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found: number[] = []
  for (const pid of pids) {
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '')
    const name = (await read('comm')).trim()
    if (!/^(?:ffmpeg|ffprobe|bwrap|prlimit)$/.test(name)) continue
    if ((await read('cmdline')).includes(text) || (await read('mountinfo')).includes(text)) found.push(pid)
  }
  return found
}

/** Names in a folder, none when it is gone. */
export async function namesIn(...path: string[]): Promise<string[]> {
  try {
    return (await readdir(join(...path))).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
