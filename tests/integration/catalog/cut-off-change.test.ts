import assert from 'node:assert/strict'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { removeVideo } from '#lib/catalog/remove-video'
import { settleRestores } from '#lib/catalog/snapshots/settle-restores'
import { verifyLibrary } from '#lib/catalog/verify-library'
import { withVideoLock } from '#lib/catalog/with-video-lock'
import { BuildModel } from '#lib/db/models/build'
import type { JobRecord } from '#lib/db/models/job'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { VideoLockModel } from '#lib/db/models/video-lock'
import { createId } from '#lib/domain/id'
import { getLibrary } from '#lib/jobs/library'
import { publishVideo } from '#lib/publish/publish-video'
import { parseVideoRecord, type StoredVideo } from '#lib/publish/video-record'
import { openPipelineTest, type PipelineTest, until } from '../../support/pipeline-test.ts'
import { seedProvedVideo } from '../../support/seed-signed-video.ts'
import { seedVideo } from '../../support/seed-video.ts'

const TITLE = 'Second title'

let peekr: PipelineTest
before(async () => {
  peekr = await openPipelineTest()
})
after(() => peekr.close())

describe('a change that was cut off between the database and video.json', () => {
  test('is brought to its end by whoever changes the video next, before anything else', async () => {
    const { _id: videoId } = await cutOff()
    let found = ''
    await withVideoLock(videoId, async () => {
      found = (await readRecord(videoId)).title
    })
    assert.equal(found, TITLE)
    assert.equal(await VideoLockModel.countDocuments(), 0)
  })

  test('is made up for when the file could not be written: the deletion goes on, and the file follows', async () => {
    const { _id: videoId } = await seedVideo(peekr.owner)
    const path = join(peekr.dataPath, 'library', videoId, 'video.json')
    await rm(path)
    await mkdir(join(path, 'in the way'), { recursive: true })
    await removeVideo({ viewer: peekr.owner, videoId })
    await settleRestores()
    assert.equal(await VideoLockModel.countDocuments(), 1, 'it is still to be done')
    await rm(path, { recursive: true })
    await settleRestores()
    assert.ok((await readRecord(videoId)).eraseAt)
    assert.equal(await VideoLockModel.countDocuments(), 0)
    await VideoModel.deleteOne({ _id: videoId })
    await (await getLibrary()).deleteVideo(videoId)
  })

  test('by a publish is brought to its end when the job is repeated', async () => {
    const video = await seedProvedVideo(peekr.owner)
    await rename(video)
    const revisionId = video.revision?.id ?? ''
    const transcoded = { revisionId, segmentFormat: 'fmp4' as const }
    const build = { _id: revisionId, videoId: video._id, probe: {}, plan: {}, lanes: {}, transcoded }
    await BuildModel.create({ ...build, createdAt: new Date() })
    const job = { _id: createId(), videoId: video._id, kind: 'publish' } as JobRecord
    await publishVideo(job, { signal: new AbortController().signal, report: () => {}, log: () => {} })
    assert.equal((await readRecord(video._id)).title, TITLE)
    await removeVideo({ viewer: peekr.owner, videoId: video._id })
    await BuildModel.create({ ...build, createdAt: new Date() })
    const library = await getLibrary()
    await library.createAttempt(video._id, createId())
    await publishVideo(job, { signal: new AbortController().signal, report: () => {}, log: () => {} })
    const left = await readdir(join(peekr.dataPath, 'library', video._id, 'attempts'))
    assert.deepEqual(left, [], 'also of a video that was put into the bin right after')
  })

  test('is told as cut off and not as damage, and a start brings it to its end by itself', async () => {
    const { _id: videoId } = await cutOff()
    assert.deepEqual(await findKinds(), ['interrupted'])
    await peekr.start()
    await until('video.json to say what the database says', async () => (await findKinds()).length === 0)
    assert.equal((await readRecord(videoId)).title, TITLE)
  })
})

/** As a power cut leaves it: the write to the database was acknowledged, the file was not begun, the lock is held by nobody. */
async function cutOff(): Promise<VideoRecord> {
  const video = await seedVideo(peekr.owner)
  await rename(video)
  await VideoLockModel.create({ _id: video._id, holder: createId(), expiresAt: new Date(0) })
  return video
}

async function rename({ _id }: VideoRecord): Promise<void> {
  await VideoModel.updateOne({ _id }, { $set: { title: TITLE } })
}

async function findKinds(): Promise<string[]> {
  return (await verifyLibrary()).findings.map(({ kind }) => kind)
}

async function readRecord(videoId: string): Promise<StoredVideo> {
  const text = await (await getLibrary()).readVideoFile(videoId, 'video.json')
  return parseVideoRecord(text?.toString('utf8') ?? '')
}
