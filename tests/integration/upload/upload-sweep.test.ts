import assert from 'node:assert/strict'
import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { JobModel } from '#lib/db/models/job'
import { UploadModel } from '#lib/db/models/upload'
import { UploadLedgerModel } from '#lib/db/models/upload-ledger'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { finishUpload } from '#lib/upload/finish-upload'
import { sweepUploads } from '#lib/upload/sweep-uploads'
import { forgetUpload, uploadFilePath } from '#lib/upload/upload-files'
import { callTus, createTusUpload, headOffset, patchTus, readUpload } from '../../support/upload-test.ts'
import { openUploadWorld } from '../../support/upload-world.ts'

const HOUR_AGO = new Date(Date.now() - 3_600_000)

describe('what happens once, and what is made up for', () => {
  const world = openUploadWorld()
  const create = (sizeBytes: number) =>
    createTusUpload(world.origins['front door'], world.authorization, sizeBytes)

  /** As a process leaves it that dies after the last byte: all stored, nothing marked. */
  async function createUnmarked(text: string) {
    const upload = await create(text.length)
    await writeFile(uploadFilePath(upload.uploadId), text)
    return upload
  }

  const stateOf = async (videoId: string) => (await VideoModel.findById(videoId).lean())?.state
  // Past mongoose, which never changes createdAt.
  const makeOld = (uploadId: string, facts: object = {}) =>
    UploadModel.collection.updateOne({ _id: uploadId as never }, { $set: { createdAt: HOUR_AGO, ...facts } })

  test('50 finishes at once make one video and one job', async () => {
    const { uploadId, videoId } = await createUnmarked('abc')
    await Promise.all(Array.from({ length: 50 }, () => finishUpload(uploadId)))
    assert.equal(await stateOf(videoId), 'ingesting')
    assert.equal(await VideoModel.countDocuments({ uploadId }), 1)
    assert.equal(await JobModel.countDocuments({ videoId }), 1)
  })

  test('an empty PATCH after the end, and a finish after a failure, begin nothing anew', async () => {
    const { url, uploadId, videoId } = await create(3)
    await patchTus(url, world.authorization, 0, Buffer.from('abc'))
    await VideoModel.updateOne(
      { _id: videoId },
      { state: 'failed', failure: { code: 'source_corrupt', message: 'x' } },
    )
    assert.equal((await patchTus(url, world.authorization, 3, Buffer.alloc(0))).status, 204)
    await finishUpload(uploadId)
    assert.equal(await stateOf(videoId), 'failed')
  })

  test('a complete upload that nobody marked is finished by the sweep', async () => {
    const { uploadId, videoId } = await createUnmarked('abc')
    const { finished } = await sweepUploads()
    assert.equal(finished, 1)
    assert.equal(await stateOf(videoId), 'ingesting')
    assert.equal((await UploadModel.findById(uploadId).lean())?.state, 'finished')
    assert.equal((await sweepUploads()).finished, 0)
  })

  test('a complete upload that nobody marked is finished when its client asks', async () => {
    const { url, videoId } = await createUnmarked('abc')
    assert.equal(await headOffset(url, world.authorization), 3)
    assert.equal(await stateOf(videoId), 'ingesting')
  })

  test('an upload that is marked half is marked whole', async () => {
    const { uploadId, videoId } = await createUnmarked('abc')
    await VideoModel.updateOne({ _id: videoId }, { state: 'transcoding' })
    await sweepUploads()
    assert.equal((await UploadModel.findById(uploadId).lean())?.state, 'finished')
    assert.equal(await stateOf(videoId), 'transcoding')
  })

  test('an upload left for a week fails with a sentence, and its bytes go', async () => {
    const { url, uploadId, videoId } = await create(9)
    await patchTus(url, world.authorization, 0, Buffer.from('abc'))
    await makeOld(uploadId, { expiresAt: HOUR_AGO })
    assert.equal((await sweepUploads()).expired, 1)
    const video = await VideoModel.findById(videoId).lean()
    assert.equal(video?.state, 'failed')
    assert.match(video.failure?.message ?? '', /Upload the file again\.$/)
    await assert.rejects(readUpload(uploadId), { code: 'ENOENT' })
    assert.equal(
      (await callTus(url, 'HEAD', { headers: { authorization: world.authorization } })).status,
      410,
    )
    const patch = await callTus(url, 'PATCH', {
      headers: { authorization: world.authorization, 'upload-offset': '3' },
    })
    assert.equal(patch.code, 'upload_expired')
  })

  test('a finished upload never expires, whatever its age', async () => {
    const { url, uploadId, videoId } = await create(3)
    await patchTus(url, world.authorization, 0, Buffer.from('abc'))
    await makeOld(uploadId, { expiresAt: HOUR_AGO })
    await utimes(uploadFilePath(uploadId), HOUR_AGO, HOUR_AGO)
    await sweepUploads()
    assert.equal((await readUpload(uploadId)).toString(), 'abc')
    assert.equal(await stateOf(videoId), 'ingesting')
  })

  test('bytes that arrive put the expiry off', async () => {
    const { url, uploadId } = await create(9)
    await makeOld(uploadId, { expiresAt: new Date(Date.now() + 60_000) })
    await patchTus(url, world.authorization, 0, Buffer.from('abc'))
    const { expiresAt } = (await UploadModel.findById(uploadId).lean()) ?? { expiresAt: new Date(0) }
    assert.ok(expiresAt.getTime() > Date.now() + 6 * 86_400_000)
  })

  test('an upload being written is not disturbed', async () => {
    const { url, uploadId } = await create(1_000_000)
    await makeOld(uploadId, { expiresAt: HOUR_AGO })
    const gate = Promise.withResolvers<void>()
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(new Uint8Array(500_000))
        await gate.promise
        controller.enqueue(new Uint8Array(500_000))
        controller.close()
      },
    })
    const patch = callTus(url, 'PATCH', {
      headers: { authorization: world.authorization, 'upload-offset': '0' },
      body,
    })
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.equal((await sweepUploads()).expired, 0)
    gate.resolve()
    assert.equal((await patch).status, 204)
  })

  test('files without an upload and leftovers of ingested ones go; young and foreign files stay', async () => {
    const ingested = await createUnmarked('abc')
    await forgetUpload(ingested.uploadId)
    await forgetUpload(ingested.uploadId)
    assert.equal(await headOffset(ingested.url, world.authorization), 3) // its client may still ask
    await writeFile(uploadFilePath(ingested.uploadId), 'abc')
    const [old, young] = [createId(), createId()]
    for (const name of [old, young, 'README']) await writeFile(join(world.dataPath, 'uploads', name), 'x')
    await utimes(uploadFilePath(old), HOUR_AGO, HOUR_AGO)
    assert.equal((await sweepUploads()).removed, 2)
    for (const id of [ingested.uploadId, old]) await assert.rejects(readUpload(id), { code: 'ENOENT' })
    assert.equal((await readUpload(young)).length, 1)
  })

  test('an open upload whose video was deleted goes, and what a dead creation reserved as well', async () => {
    const { uploadId, videoId } = await create(9)
    await VideoModel.updateOne({ _id: videoId }, { deletedAt: new Date() })
    await makeOld(uploadId)
    const pending = { uploadId: createId(), ownerId: 'x', sizeBytes: 5, at: HOUR_AGO }
    await UploadLedgerModel.updateOne({ _id: 'uploads' }, { $push: { pending } })
    await sweepUploads()
    assert.equal(await UploadModel.findById(uploadId).lean(), null)
    await assert.rejects(readUpload(uploadId), { code: 'ENOENT' })
    assert.equal((await UploadLedgerModel.findById('uploads').lean())?.pending.length, 0)
  })
})
