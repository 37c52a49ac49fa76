import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { UploadModel } from '#lib/db/models/upload'
import { UploadLedgerModel } from '#lib/db/models/upload-ledger'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { reserveSpace, settleReservation } from '#lib/upload/reserve-space'
import {
  callTus,
  createTusUpload,
  headOffset,
  makeUploader,
  openUploadTest,
  patchTus,
  readUpload,
  type UploadTest,
} from '../../support/upload-test.ts'
import { openUploadWorld } from '../../support/upload-world.ts'

const run = promisify(execFile)

describe('room for uploads', () => {
  const world = openUploadWorld()
  const endpoint = () => `${world.origins['front door']}/api/uploads`
  const create = (authorization: string, sizeBytes: number) =>
    callTus(endpoint(), 'POST', { headers: { authorization, 'upload-length': String(sizeBytes) } })

  test('20 creations at once never pass one quota, and use it up', async () => {
    world.configure({ PEEKR_QUOTA: '1000B' })
    const { authorization, userId } = await makeUploader()
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(authorization, 150)))
    assert.equal(answers.filter(({ status }) => status === 201).length, 6)
    assert.ok(
      answers.every(({ status, code }) => status === 201 || (status === 507 && code === 'quota_exceeded')),
    )
    assert.equal(await VideoModel.countDocuments({ ownerId: userId }), 6)
    assert.equal((await create(authorization, 100)).status, 201)
    assert.equal((await create(authorization, 1)).code, 'quota_exceeded')
  })

  test('what is deleted, cancelled or failed for good makes room at once', async () => {
    world.configure({ PEEKR_QUOTA: '1000B' })
    const { authorization } = await makeUploader()
    const first = await create(authorization, 1000)
    assert.equal((await create(authorization, 1)).status, 507)
    await callTus(endpoint().replace('/api/uploads', first.headers.get('location') ?? ''), 'DELETE', {
      headers: { authorization },
    })
    const second = await create(authorization, 1000)
    const videoId = second.headers.get('peekr-video-id')
    await VideoModel.updateOne(
      { _id: videoId },
      { state: 'failed', failure: { code: 'encode_failed', message: 'x' } },
    )
    assert.equal((await create(authorization, 1)).status, 507) // its source is kept for a retry
    await VideoModel.updateOne({ _id: videoId }, { failure: { code: 'source_corrupt', message: 'x' } })
    assert.equal((await create(authorization, 1000)).status, 201)
  })

  test('another process in the middle of a creation counts', async () => {
    world.configure({ PEEKR_QUOTA: '1000B' })
    const { authorization, userId: ownerId } = await makeUploader()
    const uploadId = createId()
    await reserveSpace({ uploadId, ownerId, sizeBytes: 900 })
    assert.equal((await create(authorization, 200)).code, 'quota_exceeded')
    await settleReservation(uploadId)
    assert.equal((await create(authorization, 200)).status, 201)
    assert.equal((await UploadLedgerModel.findById('uploads').lean())?.pending.length, 0)
  })

  test('what open uploads have been promised is not promised again', async () => {
    world.configure({ PEEKR_MAX_UPLOAD: '900T' })
    const { authorization } = await makeUploader()
    const { bavail, bsize } = await (await import('node:fs/promises')).statfs(world.dataPath)
    const sizeBytes = Math.floor((bavail * bsize * 2) / 3)
    assert.equal((await create(authorization, sizeBytes)).status, 201)
    const answer = await create(authorization, sizeBytes)
    assert.equal(answer.code, 'disk_full')
    assert.match(answer.message ?? '', /room for/)
    await UploadModel.deleteMany({ sizeBytes })
  })

  test('the reserve stays free', async () => {
    world.configure({ PEEKR_RESERVE: '900T' })
    const { authorization, userId } = await makeUploader()
    assert.equal((await create(authorization, 1)).code, 'disk_full')
    assert.equal(await UploadModel.countDocuments({ ownerId: userId }), 0)
  })
})

const whyNot = process.geteuid?.() === 0 ? false : 'needs root to mount a small filesystem'

describe('a disk that runs full', { skip: whyNot }, () => {
  let world: UploadTest
  let mount: string
  before(async () => {
    mount = await mkdtemp(join(tmpdir(), 'peekr-full-'))
    await run('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', mount])
    await mkdir(join(mount, 'uploads'))
    world = await openUploadTest({ dataPath: mount })
  })
  after(async () => {
    await world?.close()
    await run('umount', [mount])
    await rm(mount, { recursive: true })
  })

  test('answers 507 with a sentence, keeps the truth about the offset, and goes on when there is room', async () => {
    const { authorization } = await makeUploader()
    const bytes = Buffer.alloc(6 * 1024 * 1024, 7)
    const { url, uploadId } = await createTusUpload(world.origins['front door'], authorization, bytes.length)
    // Somebody else fills the disk after the room was promised.
    await run('fallocate', ['-l', '5m', join(mount, 'other')])
    const answer = await patchTus(url, authorization, 0, bytes)
    assert.equal(answer.status, 507)
    assert.equal(answer.code, 'disk_full')
    assert.match(answer.message ?? '', /Free some space/)
    const offset = await headOffset(url, authorization)
    assert.ok(offset > 0 && offset < bytes.length)
    assert.deepEqual(await readUpload(uploadId), bytes.subarray(0, offset))

    const second = await callTus(`${world.origins['front door']}/api/uploads`, 'POST', {
      headers: { authorization, 'upload-length': '100000' },
    })
    assert.equal(second.code, 'disk_full')
    assert.deepEqual(await readdir(join(mount, 'uploads')), [uploadId])

    await rm(join(mount, 'other'))
    assert.equal((await patchTus(url, authorization, offset, bytes.subarray(offset))).status, 204)
    assert.deepEqual(await readUpload(uploadId), bytes)
  })
})
