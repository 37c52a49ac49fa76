import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { getConfig } from '#lib/config'
import { databaseUri } from '#lib/db/connect'
import {
  callTus,
  createTusUpload,
  DOORS,
  headOffset,
  makeUploader,
  openUploadTest,
  patchTus,
  readUpload,
  sha256,
  type UploadTest,
  untilWritten,
} from '../../support/upload-test.ts'

let world: UploadTest
let authorization: string
before(async () => {
  world = await openUploadTest()
  authorization = (await makeUploader()).authorization
})
after(() => world?.close())

/** Starts a PATCH of all that is left; `end` breaks it off or leaves it hanging. */
function openPatch(url: string, offset: number, sizeBytes: number) {
  const outgoing = request(url, {
    method: 'PATCH',
    headers: {
      authorization,
      'tus-resumable': '1.0.0',
      'content-type': 'application/offset+octet-stream',
      'upload-offset': offset,
      'content-length': sizeBytes - offset,
    },
  })
  outgoing.on('error', () => {}) // being cut is the point
  return outgoing
}

for (const door of DOORS) {
  describe(`resuming at the ${door}`, () => {
    test('an upload cut anywhere resumes, and its SHA-256 is the file’s', async () => {
      const bytes = randomBytes(12_000_000)
      const { url, uploadId } = await createTusUpload(world.origins[door], authorization, bytes.length)
      let offset = 0
      for (const sentBytes of [1, 70_000, 1_000_000, 2_500_000, 4_000_000]) {
        const patch = openPatch(url, offset, bytes.length)
        patch.write(bytes.subarray(offset, offset + sentBytes))
        await sleep(30)
        patch.destroy()
        const stored = await headOffset(url, authorization)
        assert.ok(stored >= offset && stored <= offset + sentBytes, `${stored} of ${offset + sentBytes} sent`)
        assert.deepEqual(await readUpload(uploadId), bytes.subarray(0, stored))
        offset = stored
      }
      assert.equal((await patchTus(url, authorization, offset, bytes.subarray(offset))).status, 204)
      assert.equal(sha256(await readUpload(uploadId)), sha256(bytes))
    })

    test('a HEAD takes over from a PATCH that stands still, and loses nothing of it', async (t) => {
      const { url, uploadId } = await createTusUpload(world.origins[door], authorization, 1_000_000)
      const patch = openPatch(url, 0, 1_000_000)
      const answered = once(patch, 'response') as Promise<[IncomingMessage]>
      patch.write(randomBytes(1000))
      await untilWritten(uploadId, 1000)
      const askedAt = Date.now()
      assert.equal(await headOffset(url, authorization), 1000)
      t.diagnostic(`taken over after ${Date.now() - askedAt} ms`)
      const [answer] = await answered
      assert.equal(answer.statusCode, 423)
      assert.equal(answer.headers['retry-after'], '2')
      patch.destroy()
      assert.equal((await readUpload(uploadId)).length, 1000)
    })
  })
}

describe('killing the server', () => {
  let child: ChildProcess | null = null
  after(() => child?.kill('SIGKILL'))

  async function startServer(): Promise<string> {
    child = fork(new URL('../../support/upload-server.ts', import.meta.url), {
      env: {
        ...process.env,
        PEEKR_DATA: world.dataPath,
        MONGODB_URI: getConfig().mongodbUri ?? (await databaseUri()),
        PEEKR_RESERVE: '0',
        PEEKR_LOG_LEVEL: 'silent',
      },
    })
    const [port] = await once(child, 'message')
    return `http://127.0.0.1:${port}`
  }

  test('kill -9 in the middle of a PATCH leaves an identical prefix, and the upload resumes', async () => {
    const bytes = randomBytes(20_000_000)
    let origin = await startServer()
    const { url, uploadId } = await createTusUpload(origin, authorization, bytes.length)
    const path = new URL(url).pathname
    assert.equal((await patchTus(url, authorization, 0, bytes.subarray(0, 3_000_000))).status, 204)
    let acknowledged = 3_000_000
    for (const sentBytes of [10, 1_500_000, 6_000_000]) {
      const patch = openPatch(origin + path, acknowledged, bytes.length)
      patch.write(bytes.subarray(acknowledged, acknowledged + sentBytes))
      await sleep(40)
      child?.kill('SIGKILL')
      await new Promise((resolve) => patch.once('close', resolve))
      origin = await startServer()
      const stored = await headOffset(origin + path, authorization)
      assert.ok(stored >= acknowledged && stored <= acknowledged + sentBytes)
      assert.deepEqual(await readUpload(uploadId), bytes.subarray(0, stored))
      acknowledged = stored
    }
    const last = await patchTus(origin + path, authorization, acknowledged, bytes.subarray(acknowledged))
    assert.equal(last.status, 204)
    assert.equal(sha256(await readUpload(uploadId)), sha256(bytes))
    assert.equal((await callTus(origin + path, 'HEAD', { headers: { authorization } })).status, 200)
  })
})
