import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { isStreamablePath } from '#lib/domain/media-paths'
import { isOpen } from '#lib/domain/permissions'
import { VISIBILITIES, type Visibility } from '#lib/domain/video'
import { getLibrary } from '#lib/jobs/library'
import { isErrno } from '#lib/storage/to-storage-error'

export interface SampledFile {
  /** Inside the revision. */
  path: string
  /** The file's first bytes, by which it is known in an answer. */
  head: Buffer
}

export interface SampledVideo {
  record: VideoRecord
  revisionId: string
  /** `deleted` for one in the bin, `uploading` for what is played of a file that is still coming. */
  visibility: Visibility | 'deleted' | 'uploading'
  /** Whether strangers may have none of it. */
  isClosed: boolean
  /** Beside what the video plays now: what it played before, or plays early. Its page and API are tried with that. */
  isBeside: boolean
  /** Never empty. */
  files: SampledFile[]
}

/** More than the widest ladder has with its sounds and subtitles in the languages of a film. */
const FILES_MAX = 64
const HEAD_BYTES = 4096

/**
 * Some videos that play, of every visibility and of those in the bin, with their files; what of them was replaced and
 * may still be watched; and uploads that play early. Drawn by chance.
 */
export async function sampleVideos(countOfEach: number): Promise<SampledVideo[]> {
  const videos: SampledVideo[] = []
  const add = async (video: Omit<SampledVideo, 'files'>) => {
    const files = await sampleFiles(video.record._id, video.revisionId)
    if (files.length > 0) videos.push({ ...video, files })
  }
  for (const visibility of [...VISIBILITIES, 'deleted'] as const) {
    const filter = visibility === 'deleted' ? { deletedAt: { $ne: null } } : { visibility, deletedAt: null }
    const isClosed = visibility === 'deleted' || !isOpen(visibility)
    for (const record of await drawVideos({ ...filter, revision: { $ne: null } }, countOfEach)) {
      const { revision, former } = record
      await add({ record, revisionId: revision?.id ?? '', visibility, isClosed, isBeside: false })
      if (former && former.until.getTime() > Date.now())
        await add({ record, revisionId: former.revisionId, visibility, isClosed, isBeside: true })
    }
  }
  for (const record of await drawVideos({ 'early.id': { $ne: null }, deletedAt: null }, countOfEach)) {
    const revisionId = record.early?.id ?? ''
    await add({ record, revisionId, visibility: 'uploading', isClosed: true, isBeside: true })
  }
  return videos
}

/** Whether what was sampled is still played: an upload that plays early may end at any time. */
export async function isStillPlayed({ record, revisionId }: SampledVideo): Promise<boolean> {
  const now = await VideoModel.findOne({ _id: record._id, deletedAt: null }).lean()
  const played = [now?.revision?.id, now?.early?.id, now?.former?.revisionId]
  return played.includes(revisionId)
}

/** Ids are random, so those behind a random one are a fair draw; what is missing at the end comes from the start. */
async function drawVideos(filter: Record<string, unknown>, count: number): Promise<VideoRecord[]> {
  const from = createId()
  const draw = (id: Record<string, string>, limit: number) =>
    VideoModel.find({ ...filter, _id: id })
      .sort({ _id: 1 })
      .limit(limit)
      .setOptions({ sanitizeFilter: false })
      .lean()
  const behind = await draw({ $gte: from }, count)
  return behind.length === count ? behind : [...behind, ...(await draw({ $lt: from }, count - behind.length))]
}

/** All files, but of those that are numbered one a folder. Those of a kind that is nowhere else come first. */
async function sampleFiles(videoId: string, revisionId: string): Promise<SampledFile[]> {
  const folder = (await getLibrary()).revisionPath(videoId, revisionId)
  const all = await readdir(folder, { recursive: true }).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return [] // deleted meanwhile
    throw error
  })
  const numbered = new Map(
    all
      .filter(isStreamablePath)
      .sort()
      .map((path) => [path.replace(/-\d+(?=\.\w+$)/, ''), path]),
  )
  const ofKind = new Map([...numbered].map(([name, path]) => [name.replace(/^[^/]*\d+[^/]*\//, ''), path]))
  const chosen = [...new Set([...ofKind.values(), ...numbered.values()])].slice(0, FILES_MAX)
  const files = await Promise.all(
    chosen.map(async (path) => ({ path, head: await readHead(join(folder, path)) })),
  )
  return files.filter((file): file is SampledFile => file.head !== null)
}

/** Null when it is gone. */
async function readHead(path: string): Promise<Buffer | null> {
  try {
    const file = await open(path)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return null
    throw error
  }
}
