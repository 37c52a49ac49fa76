import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UploadModel } from '#lib/db/models/upload'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import type { Visibility } from '#lib/domain/video'
import { sumOwnerBytes } from '#lib/upload/reserve-space'
import { sweepUploads } from '#lib/upload/sweep-uploads'
import {
  callTus,
  DOORS,
  encodeMetadata,
  headOffset,
  makeUploader,
  patchTus,
  readUpload,
} from '../../support/upload-test.ts'
import { openUploadWorld } from '../../support/upload-world.ts'

const world = openUploadWorld()

async function addVideo(
  ownerId: string,
  facts: { visibility?: Visibility; publishedAt?: Date | null; deletedAt?: Date } = {},
): Promise<string> {
  const _id = createId()
  await VideoModel.create({
    _id,
    ownerId,
    uploadId: createId(),
    title: 'The film',
    state: facts.publishedAt === null ? 'failed' : 'ready',
    playable: true,
    source: { filename: 'old.mp4', sizeBytes: 1000, sha256: null },
    publishedAt: new Date(),
    ...facts,
  })
  return _id
}

function begin(
  authorization: string | null,
  videoId: string,
  { door = DOORS[0], ...headers }: Record<string, string> & { door?: (typeof DOORS)[number] } = {},
) {
  return callTus(`${world.origins[door ?? 'front door']}/api/uploads`, 'POST', {
    headers: {
      authorization,
      'upload-length': '10',
      'upload-metadata': encodeMetadata({ filename: 'new.mp4', replaces: videoId }),
      ...headers,
    },
  })
}

describe('a new file for a video', () => {
  for (const door of DOORS) {
    test(`is begun by its owner and administrators alone, through the ${door}`, async () => {
      const [owner, other] = [await makeUploader(), await makeUploader()]
      const [admin, viewer] = [await makeUploader('admin'), await makeUploader('viewer')]
      const reader = await makeUploader('uploader', ['uploads:write'])
      const videoId = await addVideo(owner.userId, { visibility: 'public' })
      const hidden = await addVideo(owner.userId, { visibility: 'private' })
      const statusOf = async (who: string | null, id: string) => (await begin(who, id, { door })).status
      assert.equal(await statusOf(null, videoId), 401)
      assert.equal(await statusOf(viewer.authorization, videoId), 403)
      assert.equal(await statusOf(other.authorization, videoId), 403)
      assert.equal(await statusOf(other.authorization, hidden), 404, 'as if it were not there')
      const own = await addVideo(reader.userId, { visibility: 'public' })
      assert.equal(await statusOf(reader.authorization, own), 403, 'a token that may not change videos')
      assert.equal(await statusOf(admin.authorization, hidden), 201)
      const answer = await begin(owner.authorization, hidden, { door })
      assert.deepEqual([answer.status, answer.headers.get('peekr-video-id')], [201, hidden])
      assert.equal((await VideoModel.findById(hidden).lean())?.state, 'ready', 'nothing has changed yet')
    })
  }

  test('is refused for a video that is deleted, was never ready, or is none, and in parts', async () => {
    const { userId, authorization } = await makeUploader()
    const statusOf = async (id: string) => (await begin(authorization, id)).status
    assert.equal(await statusOf(await addVideo(userId, { deletedAt: new Date() })), 404)
    assert.equal(await statusOf(await addVideo(userId, { publishedAt: null })), 409)
    assert.equal(await statusOf(createId()), 404)
    assert.equal(await statusOf('../../etc'), 400)
    const videoId = await addVideo(userId)
    assert.equal((await begin(authorization, videoId, { 'upload-concat': 'partial' })).status, 400)
    assert.equal(await VideoModel.countDocuments({ ownerId: userId }), 3, 'none of it made a video')
  })

  test('counts for the quota beside the old one, from its beginning, and no more once it is given up', async () => {
    const { userId, authorization } = await makeUploader()
    const videoId = await addVideo(userId)
    const answer = await begin(authorization, videoId)
    const url = world.origins['front door'] + answer.headers.get('location')
    assert.equal(await sumOwnerBytes(userId, new Set()), 1010)
    assert.equal((await callTus(url, 'DELETE', { headers: { authorization } })).status, 204)
    assert.equal(await sumOwnerBytes(userId, new Set()), 1000)
    assert.ok(await VideoModel.exists({ _id: videoId, state: 'ready' }))
  })

  test('resumes, and is handed over to its video with the last byte, once however often that is told', async () => {
    const { userId, authorization } = await makeUploader()
    const videoId = await addVideo(userId)
    const answer = await begin(authorization, videoId)
    const url = world.origins['front door'] + answer.headers.get('location')
    const uploadId = url.split('/').at(-1) ?? ''
    await patchTus(url, authorization, 0, Buffer.from('01234'))
    assert.equal(await headOffset(url, authorization), 5)
    await patchTus(url, authorization, 5, Buffer.from('56789'))
    const video = await VideoModel.findById(videoId).lean()
    assert.deepEqual([video?.state, video?.playable], ['ingesting', true])
    assert.deepEqual(
      [video?.replacing?.uploadId, video?.replacing?.source.filename, video?.source.filename],
      [uploadId, 'new.mp4', 'old.mp4'],
    )
    assert.equal((await readUpload(uploadId)).toString(), '0123456789')
    assert.equal(await headOffset(url, authorization), 10)
    await sweepUploads()
    assert.equal((await callTus(url, 'DELETE', { headers: { authorization } })).status, 409)
    assert.equal((await VideoModel.findById(videoId).lean())?.replacing?.isBegun, false)
    assert.equal(await sumOwnerBytes(userId, new Set()), 1010)
  })

  test('waits with all its bytes for a video that is at work, and goes when that is deleted', async () => {
    const { userId, authorization } = await makeUploader()
    const videoId = await addVideo(userId)
    await VideoModel.updateOne({ _id: videoId }, { $set: { state: 'transcoding' } })
    const answer = await begin(authorization, videoId)
    const url = world.origins['front door'] + answer.headers.get('location')
    const uploadId = url.split('/').at(-1) ?? ''
    assert.equal((await patchTus(url, authorization, 0, Buffer.from('0123456789'))).status, 204)
    await sweepUploads()
    assert.equal((await UploadModel.findById(uploadId).lean())?.state, 'open')
    assert.equal((await VideoModel.findById(videoId).lean())?.replacing, null)
    await VideoModel.updateOne({ _id: videoId }, { $set: { deletedAt: new Date() } })
    await sweepUploads()
    assert.equal(await UploadModel.findById(uploadId).lean(), null)
    await assert.rejects(readUpload(uploadId), { code: 'ENOENT' })
  })
})
