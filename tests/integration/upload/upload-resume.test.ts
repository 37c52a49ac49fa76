import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  callTus,
  createTusUpload,
  DOORS,
  headOffset,
  patchTus,
  readUpload,
  sha256,
  untilWritten,
} from '../../support/upload-test.ts'
import { openPatch, openUploadWorld } from '../../support/upload-world.ts'

const world = openUploadWorld()

const patchFrom = (url: string, offset: number, end: number) =>
  openPatch(url, { authorization: world.authorization, offset, end })

for (const door of DOORS) {
  describe(`resuming at the ${door}`, () => {
    test('an upload cut anywhere resumes, and its SHA-256 is the file’s', async () => {
      const bytes = randomBytes(12_000_000)
      const { url, uploadId } = await createTusUpload(world.origins[door], world.authorization, bytes.length)
      let offset = 0
      for (const sentBytes of [1, 70_000, 1_000_000, 2_500_000, 4_000_000]) {
        const patch = patchFrom(url, offset, bytes.length)
        patch.write(bytes.subarray(offset, offset + sentBytes))
        await sleep(30)
        patch.destroy()
        const stored = await headOffset(url, world.authorization)
        assert.ok(stored >= offset && stored <= offset + sentBytes, `${stored} of ${offset + sentBytes} sent`)
        assert.deepEqual(await readUpload(uploadId), bytes.subarray(0, stored))
        offset = stored
      }
      assert.equal((await patchTus(url, world.authorization, offset, bytes.subarray(offset))).status, 204)
      assert.equal(sha256(await readUpload(uploadId)), sha256(bytes))
    })

    test('a HEAD takes over from a PATCH that stands still, and loses nothing of it', async (t) => {
      const { url, uploadId } = await createTusUpload(world.origins[door], world.authorization, 1_000_000)
      const patch = patchFrom(url, 0, 1_000_000)
      const answered = once(patch, 'response') as Promise<[IncomingMessage]>
      patch.write(randomBytes(1000))
      await untilWritten(uploadId, 1000)
      const askedAt = Date.now()
      assert.equal(await headOffset(url, world.authorization), 1000)
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
  test('kill -9 in the middle of a PATCH leaves an identical prefix, and the upload resumes', async () => {
    const bytes = randomBytes(20_000_000)
    let server = await world.startServer()
    const { url, uploadId } = await createTusUpload(server.origin, world.authorization, bytes.length)
    const path = new URL(url).pathname
    assert.equal((await patchTus(url, world.authorization, 0, bytes.subarray(0, 3_000_000))).status, 204)
    let acknowledged = 3_000_000
    for (const sentBytes of [10, 1_500_000, 6_000_000]) {
      const patch = patchFrom(server.origin + path, acknowledged, bytes.length)
      patch.write(bytes.subarray(acknowledged, acknowledged + sentBytes))
      await sleep(40)
      const closed = new Promise((resolve) => patch.once('close', resolve))
      await server.kill()
      await closed
      server = await world.startServer()
      const stored = await headOffset(server.origin + path, world.authorization)
      assert.ok(stored >= acknowledged && stored <= acknowledged + sentBytes)
      assert.deepEqual(await readUpload(uploadId), bytes.subarray(0, stored))
      acknowledged = stored
    }
    const last = await patchTus(
      server.origin + path,
      world.authorization,
      acknowledged,
      bytes.subarray(acknowledged),
    )
    assert.equal(last.status, 204)
    assert.equal(sha256(await readUpload(uploadId)), sha256(bytes))
    assert.equal(
      (await callTus(server.origin + path, 'HEAD', { headers: { authorization: world.authorization } }))
        .status,
      200,
    )
  })
})
