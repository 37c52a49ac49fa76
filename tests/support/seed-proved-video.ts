import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getSecret } from '#lib/auth/secrets'
import type { VideoRecord } from '#lib/db/models/video'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { MANIFEST } from '#lib/domain/media-paths'
import { getLibrary } from '#lib/jobs/library'
import { buildManifest, signManifest } from '#lib/publish/manifest'
import { writeVideoRecord } from '#lib/publish/write-video-record'
import { hashFolder } from '#lib/storage/hash-folder'
import { buildRevision, seedVideo } from './seed-video.ts'

/** A published video whose revision has a signed manifest, as the publish stage leaves it, without an encode. */
export async function seedProvedVideo(
  owner: { userId: string },
  facts: Partial<VideoRecord> = {},
  options: { segmentCount?: number; segmentSizeBytes?: number } = {},
): Promise<VideoRecord> {
  const { _id: videoId, revision } = await seedVideo(owner, facts)
  await publishAgain(videoId, options)
  await (await getLibrary()).removeRevision(videoId, revision?.id ?? '')
  return (await VideoModel.findById(videoId).lean()) as VideoRecord
}

/** Makes a new revision of random bytes with its manifest, and lets the video play it. */
export async function publishAgain(
  videoId: string,
  { segmentCount = 3, segmentSizeBytes = 20_000 }: { segmentCount?: number; segmentSizeBytes?: number } = {},
): Promise<string> {
  const revisionId = createId()
  const library = await getLibrary()
  const path = await library.openRevision(videoId, revisionId)
  await mkdir(join(path, '360p'))
  await writeFile(join(path, 'multivariant.m3u8'), `#EXTM3U\n# ${revisionId}\n`)
  for (let index = 0; index < segmentCount; index += 1) {
    await writeFile(join(path, `360p/segment-0000${index}.m4s`), randomBytes(segmentSizeBytes))
  }
  const files = await hashFolder(path)
  const manifest = buildManifest({ videoId, revisionId, createdAt: new Date(), files })
  await writeFile(join(path, MANIFEST), signManifest(manifest, getSecret('manifest')))
  await library.sealRevision(videoId, revisionId)
  await VideoModel.updateOne({ _id: videoId }, { $set: { revision: buildRevision(revisionId) } })
  const video = await VideoModel.findById(videoId).lean()
  if (video !== null) await writeVideoRecord(video)
  return revisionId
}
