import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { listVideos } from '#lib/catalog/list-videos'
import { VideoModel } from '#lib/db/models/video'
import { scopesOfRole, type Viewer } from '#lib/domain/permissions'
import { callTus, encodeMetadata, makeUploader, patchTus } from '../../support/upload-test.ts'
import { openUploadWorld } from '../../support/upload-world.ts'

const MIB = 1024 ** 2

const world = openUploadWorld()

/** As docs/api.md tells clients to make it. */
function fingerprintOf(bytes: Buffer): string {
  const head = bytes.subarray(0, MIB)
  const tail = bytes.subarray(Math.max(head.length, bytes.length - MIB))
  return createHash('sha256').update(`${bytes.length}\n`).update(head).update(tail).digest('hex')
}

function begin(authorization: string, bytes: Buffer, fingerprint = fingerprintOf(bytes)) {
  return callTus(`${world.origins['front door']}/api/uploads`, 'POST', {
    headers: {
      authorization,
      'upload-length': String(bytes.length),
      'upload-metadata': encodeMetadata({ filename: 'a.mp4', fingerprint }),
    },
  })
}

const viewerOf = (userId: string): Viewer => ({
  userId,
  name: 'x',
  email: 'x@example.org',
  role: 'uploader',
  scopes: scopesOfRole('uploader'),
  via: 'token',
})

for (const sizeBytes of [10, MIB + 5, 2 * MIB, 3 * MIB + 1]) {
  test(`a file of ${sizeBytes} bytes sent again names the video that is there, to its owner alone`, async () => {
    const owner = await makeUploader()
    const other = await makeUploader()
    const bytes = randomBytes(sizeBytes)
    const first = await begin(owner.authorization, bytes, 'not a fingerprint')
    assert.equal(first.status, 201)
    assert.equal(first.headers.get('peekr-same-video-id'), null)
    const url = world.origins['front door'] + first.headers.get('location')
    await patchTus(url, owner.authorization, 0, bytes)
    const videoId = first.headers.get('peekr-video-id')
    const again = await begin(owner.authorization, bytes)
    assert.equal(again.headers.get('peekr-same-video-id'), videoId)
    assert.equal((await begin(other.authorization, bytes)).headers.get('peekr-same-video-id'), null)

    const fingerprint = fingerprintOf(bytes)
    const found = await listVideos({ viewer: viewerOf(owner.userId), fingerprint })
    assert.ok(found.items.some(({ id }) => id === videoId))
    const others = await listVideos({ viewer: viewerOf(other.userId), fingerprint })
    assert.ok(others.items.every(({ id }) => id !== videoId))
    assert.deepEqual((await listVideos({ viewer: null, fingerprint })).items, [])
  })
}

test('a video that failed or was deleted is not offered, and the ingested file’s hash finds a video too', async () => {
  const { authorization, userId } = await makeUploader()
  const bytes = randomBytes(100)
  const first = await begin(authorization, bytes)
  const videoId = first.headers.get('peekr-video-id')
  await VideoModel.updateOne({ _id: videoId }, { state: 'failed' })
  const second = await begin(authorization, bytes)
  assert.equal(second.headers.get('peekr-same-video-id'), null)
  await VideoModel.updateOne({ _id: second.headers.get('peekr-video-id') }, { deletedAt: new Date() })
  assert.equal((await begin(authorization, bytes)).headers.get('peekr-same-video-id'), null)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  await VideoModel.updateOne({ _id: videoId }, { $set: { 'source.sha256': sha256 } })
  const { items } = await listVideos({ viewer: viewerOf(userId), sha256 })
  assert.deepEqual(
    items.map(({ id }) => id),
    [videoId],
  )
})
