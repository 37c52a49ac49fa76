import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { UploadModel } from '#lib/db/models/upload'
import { sumOwnerBytes } from '#lib/upload/reserve-space'
import { createUploadLeases } from '#lib/upload/upload-leases'
import {
  callTus,
  createTusUpload,
  headOffset,
  makeUploader,
  patchTus,
  readUpload,
  untilWritten,
} from '../../support/upload-test.ts'
import { openPatch, openUploadWorld } from '../../support/upload-world.ts'

const SETTINGS = { PEEKR_QUOTA: '1000M' }

/** Two server processes on one library and one database, as behind a balancer. */
const origins: string[] = []
const world = openUploadWorld(async ({ startServer }) => {
  for (let count = 0; count < 2; count += 1) origins.push((await startServer(SETTINGS)).origin)
})

function stallPatch(url: string, end: number, bytes: Buffer) {
  const patch = openPatch(url, { authorization: world.authorization, offset: 0, end })
  patch.write(bytes)
  return patch
}

test('a PATCH that stands still in one process is cut when its client comes back to the other', async (t) => {
  const [first = '', second = ''] = origins
  const bytes = randomBytes(500_000)
  const { url, uploadId } = await createTusUpload(first, world.authorization, bytes.length)
  const patch = stallPatch(url, bytes.length, bytes.subarray(0, 200_000))
  const answered = once(patch, 'response') as Promise<[IncomingMessage]>
  await untilWritten(uploadId, 200_000)
  const startedAt = Date.now()
  const elsewhere = second + new URL(url).pathname
  assert.equal(await headOffset(elsewhere, world.authorization), 200_000)
  t.diagnostic(`taken over after ${Date.now() - startedAt} ms`)
  assert.equal((await answered)[0].statusCode, 423)
  patch.destroy()
  assert.equal((await patchTus(elsewhere, world.authorization, 200_000, bytes.subarray(200_000))).status, 204)
  assert.deepEqual(await readUpload(uploadId), bytes)
})

test('chunks that go to one process and the other in turn arrive in order', async () => {
  const bytes = randomBytes(60_000)
  const { url, uploadId } = await createTusUpload(origins[0] ?? '', world.authorization, bytes.length)
  const path = new URL(url).pathname
  for (const [index, offset] of [0, 20_000, 40_000].entries()) {
    const origin = origins[index % 2] ?? ''
    const answer = await patchTus(
      origin + path,
      world.authorization,
      offset,
      bytes.subarray(offset, offset + 20_000),
    )
    assert.equal(answer.status, 204)
  }
  assert.deepEqual(await readUpload(uploadId), bytes)
})

test('what a killed process held is taken over at once', async () => {
  const doomed = await world.startServer(SETTINGS)
  const bytes = randomBytes(300_000)
  const { url, uploadId } = await createTusUpload(doomed.origin, world.authorization, bytes.length)
  stallPatch(url, bytes.length, bytes.subarray(0, 100_000))
  await untilWritten(uploadId, 100_000)
  assert.notEqual((await UploadModel.findById(uploadId).lean())?.lease, null)
  await doomed.kill()
  const startedAt = Date.now()
  assert.equal(await headOffset((origins[0] ?? '') + new URL(url).pathname, world.authorization), 100_000)
  // Well under the 15 s that a holder of which nothing is known is given.
  assert.ok(Date.now() - startedAt < 12_000, `${Date.now() - startedAt} ms`)
})

test('a holder on another machine keeps its upload while nothing says that it has ended', async () => {
  const { uploadId } = await createTusUpload(world.origins['front door'], world.authorization, 9)
  const elsewhere = createUploadLeases('another-boot pid:[1] 7 7 x')
  await UploadModel.updateOne(
    { _id: uploadId },
    { $set: { lease: { holder: 'another-boot pid:[1] 9 9 y', beat: 1 } } },
  )
  assert.equal(await elsewhere.tryHold(uploadId), null)
  await UploadModel.updateOne({ _id: uploadId }, { $set: { lease: null } })
  assert.notEqual(await elsewhere.tryHold(uploadId), null)
  await elsewhere.close()
  assert.equal((await UploadModel.findById(uploadId).lean())?.lease, null)
})

test('creations at once in two processes share one quota: never past it, and none of it lost', async () => {
  const { authorization: own, userId } = await makeUploader()
  const create = (origin: string, sizeBytes: number) =>
    callTus(`${origin}/api/uploads`, 'POST', {
      headers: { authorization: own, 'upload-length': String(sizeBytes) },
    })
  const sizeBytes = 150 * 1024 ** 2
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => create(origins[index % 2] ?? '', sizeBytes)),
  )
  assert.equal(answers.filter(({ status }) => status === 201).length, 6)
  assert.equal(await sumOwnerBytes(userId, new Set()), 6 * sizeBytes)
  assert.equal((await create(origins[1] ?? '', 100 * 1024 ** 2)).status, 201)
  assert.equal((await create(origins[0] ?? '', 1)).status, 507)
})
