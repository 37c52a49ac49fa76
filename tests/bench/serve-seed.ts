import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getConfig } from '#lib/config'
import { connectDatabase, disconnectDatabase } from '#lib/db/connect'
import { UserModel } from '#lib/db/models/user'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { createMediaToken } from '#lib/stream/media-token'

const SEGMENT_BYTES = 1_000_000
const PLAYLIST_BYTES = 10_000

/** What a seeded video is reached by; printed as JSON. */
export interface SeededVideo {
  videoId: string
  /** URL prefix with a token, of a private video: every request is authorised. */
  streamPath: string
  /** The same files below the data folder, for nginx. */
  filePath: string
}

/** Run as a program, so that the server under test starts on a database nobody else holds: `add`, or `remove ID`. */
await connectDatabase()
const [action, videoId] = process.argv.slice(2)
if (action === 'remove' && videoId) {
  const video = await VideoModel.findOneAndDelete({ _id: videoId }).lean()
  await UserModel.deleteOne({ _id: video?.ownerId ?? '' })
} else console.log(JSON.stringify(await addVideo()))
await disconnectDatabase()

async function addVideo(): Promise<SeededVideo> {
  const [videoId, revisionId] = [createId(), createId()]
  const filePath = `/library/${videoId}/revisions/${revisionId}/720p`
  const folder = join(getConfig().dataPath, filePath)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'segment-00001.m4s'), randomBytes(SEGMENT_BYTES))
  await writeFile(
    join(folder, 'media.m3u8'),
    Buffer.alloc(PLAYLIST_BYTES, '#EXTINF:4.0,\nsegment-00001.m4s\n'),
  )
  const ownerId = createId()
  await UserModel.create({
    _id: ownerId,
    email: `${ownerId}@example.org`,
    name: 'Benchmark',
    role: 'viewer',
    passwordHash: 'none',
  })
  await VideoModel.create({
    _id: videoId,
    ownerId,
    uploadId: createId(),
    title: 'Benchmark',
    state: 'ready',
    playable: true,
    visibility: 'private',
    source: { filename: 'benchmark.mp4', sizeBytes: 1, sha256: null },
    revision: { id: revisionId, segmentFormat: 'fmp4', renditions: [], audio: null, poster: false },
  })
  const token = createMediaToken({ videoId, revisionId }, { kind: 'session', id: ownerId, version: 1 })
  return { videoId, filePath, streamPath: `/stream/t/${token}/${videoId}/${revisionId}/720p` }
}
