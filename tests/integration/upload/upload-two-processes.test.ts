import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { after, before, test } from 'node:test'
import { getConfig } from '#lib/config'
import { databaseUri } from '#lib/db/connect'
import { UploadModel } from '#lib/db/models/upload'
import { sumOwnerBytes } from '#lib/upload/reserve-space'
import { createUploadLeases } from '#lib/upload/upload-leases'
import {
  callTus,
  createTusUpload,
  headOffset,
  makeUploader,
  openUploadTest,
  patchTus,
  readUpload,
  type UploadTest,
  untilWritten,
} from '../../support/upload-test.ts'

/** Two server processes on one library and one database, as behind a balancer. */
let world: UploadTest
let authorization: string
const children: ChildProcess[] = []
const origins: string[] = []
before(async () => {
  world = await openUploadTest()
  authorization = (await makeUploader()).authorization
  for (let count = 0; count < 2; count += 1) await startServer()
})
after(async () => {
  for (const child of children) child.kill('SIGKILL')
  await world?.close()
})

async function startServer(): Promise<ChildProcess> {
  const child = fork(new URL('../../support/upload-server.ts', import.meta.url), {
    env: {
      ...process.env,
      PEEKR_DATA: world.dataPath,
      MONGODB_URI: getConfig().mongodbUri ?? (await databaseUri()),
      PEEKR_RESERVE: '0',
      PEEKR_QUOTA: '1000M',
      PEEKR_LOG_LEVEL: 'silent',
    },
  })
  const [port] = await once(child, 'message')
  children.push(child)
  origins.push(`http://127.0.0.1:${port}`)
  return child
}

function stallPatch(url: string, offset: number, sizeBytes: number, bytes: Buffer) {
  const patch = request(url, {
    method: 'PATCH',
    headers: {
      authorization,
      'tus-resumable': '1.0.0',
      'content-type': 'application/offset+octet-stream',
      'upload-offset': offset,
      'content-length': sizeBytes - offset,
    },
  })
  patch.on('error', () => {}) // being cut is the point
  patch.write(bytes)
  return patch
}

test('a PATCH that stands still in one process is cut when its client comes back to the other', async (t) => {
  const [first = '', second = ''] = origins
  const bytes = randomBytes(500_000)
  const { url, uploadId } = await createTusUpload(first, authorization, bytes.length)
  const patch = stallPatch(url, 0, bytes.length, bytes.subarray(0, 200_000))
  const answered = once(patch, 'response') as Promise<[IncomingMessage]>
  await untilWritten(uploadId, 200_000)
  const startedAt = Date.now()
  const elsewhere = second + new URL(url).pathname
  assert.equal(await headOffset(elsewhere, authorization), 200_000)
  t.diagnostic(`taken over after ${Date.now() - startedAt} ms`)
  assert.equal((await answered)[0].statusCode, 423)
  patch.destroy()
  assert.equal((await patchTus(elsewhere, authorization, 200_000, bytes.subarray(200_000))).status, 204)
  assert.deepEqual(await readUpload(uploadId), bytes)
})

test('chunks that go to one process and the other in turn arrive in order', async () => {
  const bytes = randomBytes(60_000)
  const { url, uploadId } = await createTusUpload(origins[0] ?? '', authorization, bytes.length)
  const path = new URL(url).pathname
  for (const [index, offset] of [0, 20_000, 40_000].entries()) {
    const origin = origins[index % 2] ?? ''
    const answer = await patchTus(
      origin + path,
      authorization,
      offset,
      bytes.subarray(offset, offset + 20_000),
    )
    assert.equal(answer.status, 204)
  }
  assert.deepEqual(await readUpload(uploadId), bytes)
})

test('what a killed process held is taken over at once', async () => {
  const doomed = await startServer()
  const bytes = randomBytes(300_000)
  const { url, uploadId } = await createTusUpload(origins.at(-1) ?? '', authorization, bytes.length)
  stallPatch(url, 0, bytes.length, bytes.subarray(0, 100_000))
  await untilWritten(uploadId, 100_000)
  assert.notEqual((await UploadModel.findById(uploadId).lean())?.lease, null)
  doomed.kill('SIGKILL')
  await once(doomed, 'exit')
  const startedAt = Date.now()
  assert.equal(await headOffset((origins[0] ?? '') + new URL(url).pathname, authorization), 100_000)
  // Well under the 15 s that a holder of which nothing is known is given.
  assert.ok(Date.now() - startedAt < 12_000, `${Date.now() - startedAt} ms`)
})

test('a holder on another machine keeps its upload while nothing says that it has ended', async () => {
  const { uploadId } = await createTusUpload(world.origins['front door'], authorization, 9)
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
