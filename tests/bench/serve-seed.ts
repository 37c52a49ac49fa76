import { createHash, randomBytes } from 'node:crypto'
import { link, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getConfig } from '#lib/config'
import { connectDatabase, disconnectDatabase } from '#lib/db/connect'
import { UserModel } from '#lib/db/models/user'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { createMediaToken } from '#lib/stream/media-token'
import { COLD_SEGMENTS, segmentName } from './serve-files.ts'

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

/**
 * Run as a program, so that the server under test starts on a database nobody else holds: `add [SEGMENTS]`, or
 * `remove ID`.
 */
await connectDatabase()
const [action, argument] = process.argv.slice(2)
if (action === 'remove' && argument) {
  const video = await VideoModel.findOneAndDelete({ _id: argument }).lean()
  await UserModel.deleteOne({ _id: video?.ownerId ?? '' })
} else console.log(JSON.stringify(await addVideo(Number(argument ?? COLD_SEGMENTS))))
await disconnectDatabase()

async function addVideo(segments: number): Promise<SeededVideo> {
  const [videoId, revisionId] = [createId(), createId()]
  const filePath = `/library/${videoId}/revisions/${revisionId}/720p`
  const folder = join(getConfig().dataPath, filePath)
  await mkdir(folder, { recursive: true })
  const segment = randomBytes(SEGMENT_BYTES)
  const playlist = Buffer.alloc(PLAYLIST_BYTES, '#EXTINF:4.0,\nsegment-00001.m4s\n')
  const files = new Map([
    [segmentName(0), segment],
    ['media.m3u8', playlist],
  ])
  for (const [name, content] of files) await writeFile(join(folder, name), content)
  for (let number = 1; number <= segments; number++) {
    await link(join(folder, segmentName(0)), join(folder, segmentName(number)))
    files.set(segmentName(number), segment)
  }
  const sha256 = new Map([segment, playlist].map((content) => [content, hashOf(content)]))
  const entries = [...files].map(([name, content]) => ({
    path: `720p/${name}`,
    sizeBytes: content.length,
    sha256: sha256.get(content),
  }))
  await writeFile(join(folder, '../manifest.json'), JSON.stringify({ version: 1, files: entries }))
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

function hashOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
