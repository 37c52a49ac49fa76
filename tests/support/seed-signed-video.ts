import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getSecret } from '#lib/auth/secrets'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { MANIFEST } from '#lib/domain/media-paths'
import { getLibrary } from '#lib/jobs/library'
import { buildManifest, signManifest } from '#lib/publish/manifest'
import { writeVideoRecord } from '#lib/publish/write-video-record'
import { hashFolder } from '#lib/storage/hash-folder'
import { buildRevision, seedVideo } from './seed-video.ts'

/** A published video with a signed manifest over segments of random bytes, and its snapshot. */
export async function seedProvedVideo(
  owner: { userId: string },
  options: { segmentCount?: number; segmentBytes?: number; facts?: Partial<VideoRecord> } = {},
): Promise<VideoRecord> {
  const video = await seedVideo(owner, options.facts)
  return publishSigned(video._id, options)
}

/** Publishes one more revision of a video, as a re-encode does: the one before is left to its snapshots. */
export async function publishSigned(
  videoId: string,
  { segmentCount = 4, segmentBytes = 200_000 }: { segmentCount?: number; segmentBytes?: number } = {},
): Promise<VideoRecord> {
  const library = await getLibrary()
  const revisionId = createId()
  const path = await library.openRevision(videoId, revisionId)
  await mkdir(join(path, '360p'))
  await writeFile(join(path, 'multivariant.m3u8'), `#EXTM3U\n# ${revisionId}\n`)
  await writeFile(join(path, 'poster.jpg'), randomBytes(20_000))
  for (let number = 0; number < segmentCount; number += 1)
    await writeFile(join(path, segmentPath(number)), randomBytes(segmentBytes))
  const files = await hashFolder(path, { except: [MANIFEST] })
  const manifest = buildManifest({ videoId, revisionId, createdAt: new Date(), files })
  await writeFile(join(path, MANIFEST), signManifest(manifest, getSecret('manifest')))
  await library.sealRevision(videoId, revisionId)
  await VideoModel.updateOne({ _id: videoId }, { $set: { revision: buildRevision(revisionId) } })
  const video = await VideoModel.findById(videoId).lean()
  if (video === null) throw new Error('the video was not made')
  await writeVideoRecord(video)
  await library.snapshot(videoId, `publish-${revisionId}`)
  return video
}

export function segmentPath(number: number): string {
  return `360p/segment-${String(number).padStart(5, '0')}.m4s`
}

/** The absolute path of a file of what a video plays. */
export async function fileOf({ _id, revision }: VideoRecord, path: string): Promise<string> {
  return join((await getLibrary()).revisionPath(_id, revision?.id ?? ''), path)
}
