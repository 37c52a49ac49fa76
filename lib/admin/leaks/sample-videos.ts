import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { isStreamablePath } from '#lib/domain/media-paths'
import { VISIBILITIES, type Visibility } from '#lib/domain/video'
import { getLibrary } from '#lib/jobs/library'

export interface SampledFile {
  /** Inside the revision. */
  path: string
  /** The file's first bytes, by which it is known in an answer. */
  head: Buffer
}

export interface SampledVideo {
  record: VideoRecord
  revisionId: string
  /** `deleted` for one in the bin. */
  visibility: Visibility | 'deleted'
  /** Never empty. */
  files: SampledFile[]
}

const FILES_MAX = 10
const HEAD_BYTES = 4096

/** Some videos that play, of every visibility and of those in the bin, with their files. Drawn by chance. */
export async function sampleVideos(countOfEach: number): Promise<SampledVideo[]> {
  const videos: SampledVideo[] = []
  for (const visibility of [...VISIBILITIES, 'deleted'] as const) {
    const filter = visibility === 'deleted' ? { deletedAt: { $ne: null } } : { visibility, deletedAt: null }
    for (const record of await drawVideos({ ...filter, revision: { $ne: null } }, countOfEach)) {
      const revisionId = record.revision?.id ?? ''
      const files = await sampleFiles(record._id, revisionId)
      if (files.length > 0) videos.push({ record, revisionId, visibility, files })
    }
  }
  return videos
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

/** One file of each kind and folder first: playlists, pictures, an init segment, a segment of each rendition. */
async function sampleFiles(videoId: string, revisionId: string): Promise<SampledFile[]> {
  const folder = (await getLibrary()).revisionPath(videoId, revisionId)
  const all = await readdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] // deleted meanwhile
    throw error
  })
  const paths = all.filter(isStreamablePath).sort()
  const kinds = new Map(paths.map((path) => [path.replace(/\d{5}/, ''), path]))
  const chosen = [...kinds.values()].slice(0, FILES_MAX)
  return Promise.all(
    chosen.map(async (path) => ({
      path,
      head: (await readFile(join(folder, path))).subarray(0, HEAD_BYTES),
    })),
  )
}
