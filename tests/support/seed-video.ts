import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { getLibrary } from '#lib/jobs/library'
import { writeVideoRecord } from '#lib/publish/write-video-record'

/** A published video as the pipeline leaves it, without an encode: its record, its folder, its `video.json`, its snapshot. */
export async function seedVideo(
  owner: { userId: string },
  facts: Partial<VideoRecord> = {},
): Promise<VideoRecord> {
  const [videoId, revisionId] = [createId(), createId()]
  const library = await getLibrary()
  await library.createVideo(videoId)
  await addRevision(videoId, revisionId)
  const publishedAt = new Date()
  await VideoModel.create({
    _id: videoId,
    ownerId: owner.userId,
    uploadId: createId(),
    title: 'First title',
    description: 'As it was',
    tags: ['old'],
    state: 'ready',
    playable: true,
    progress: 1,
    visibility: 'public',
    durationSeconds: 12,
    width: 640,
    height: 360,
    source: { filename: 'clip.mp4', sizeBytes: 1000, sha256: 'a'.repeat(64) },
    revision: buildRevision(revisionId),
    publishedAt,
    ...facts,
  })
  const video = await VideoModel.findById(videoId).lean()
  if (video === null) throw new Error('the video was not made')
  await writeVideoRecord(video)
  await library.snapshot(videoId, `publish-${revisionId}`)
  return video
}

export function buildRevision(id: string): NonNullable<VideoRecord['revision']> {
  const rendition = { name: '360p', width: 640, height: 360, bitrateBps: 100_000, codecs: 'avc1.64001e' }
  return { id, segmentFormat: 'fmp4', renditions: [rendition], audio: null, poster: true }
}

/** The files of a revision, each of which says which one it belongs to. */
export async function addRevision(videoId: string, revisionId: string): Promise<void> {
  const library = await getLibrary()
  const path = await library.openRevision(videoId, revisionId)
  await mkdir(join(path, '360p'))
  await writeFile(join(path, 'multivariant.m3u8'), `#EXTM3U\n# ${revisionId}\n`)
  await writeFile(join(path, 'poster.jpg'), `picture of ${revisionId}`)
  await writeFile(join(path, '360p/segment-00000.m4s'), `segment of ${revisionId}`)
  await library.sealRevision(videoId, revisionId)
}
