import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { DetailedError, Upload } from 'tus-js-client'
import { getConfig } from '#lib/config'
import { databaseUri } from '#lib/db/connect'
import { VideoModel } from '#lib/db/models/video'
import { createChunkSize } from '../../../app/_components/upload/chunk-size.ts'
import { nginxSkip } from '../../support/nginx-program.ts'
import { startProxyNginx } from '../../support/proxy-nginx.ts'
import {
  createTusUpload,
  headOffset,
  makeUploader,
  openUploadTest,
  patchTus,
  readUpload,
  sha256,
  type UploadTest,
} from '../../support/upload-test.ts'

const MIB = 1024 ** 2

describe('behind a real nginx', { skip: nginxSkip }, () => {
  let world: UploadTest
  let authorization: string
  let server: ChildProcess
  let target: string
  before(async () => {
    world = await openUploadTest()
    authorization = (await makeUploader()).authorization
    server = fork(new URL('../../support/upload-server.ts', import.meta.url), {
      env: {
        ...process.env,
        PEEKR_DATA: world.dataPath,
        MONGODB_URI: getConfig().mongodbUri ?? (await databaseUri()),
        PEEKR_RESERVE: '0',
        PEEKR_LOG_LEVEL: 'silent',
      },
    })
    const [port] = await once(server, 'message')
    target = `http://127.0.0.1:${port}`
  })
  after(async () => {
    server?.kill('SIGKILL')
    await world?.close()
  })

  async function withNginx(directives: string[], work: (url: string) => Promise<void>): Promise<void> {
    const nginx = await startProxyNginx({ target, directives })
    try {
      await work(nginx.url)
    } finally {
      await nginx.stop()
    }
  }

  for (const buffering of ['on', 'off']) {
    const short = [
      'client_max_body_size 100m',
      'client_body_timeout 1s',
      'proxy_read_timeout 2s',
      'proxy_send_timeout 2s',
      'send_timeout 2s',
      `proxy_request_buffering ${buffering}`,
    ]

    test(`with request buffering ${buffering}: 413 leaves the upload as it was, chunks within it arrive`, async () => {
      await withNginx(short, async (url) => {
        const bytes = Buffer.alloc(101 * MIB, 'peekr')
        const upload = await createTusUpload(url, authorization, bytes.length)
        const refused = request(upload.url, {
          method: 'PATCH',
          headers: {
            authorization,
            'tus-resumable': '1.0.0',
            'upload-offset': 0,
            'content-type': 'application/offset+octet-stream',
            'content-length': bytes.length,
          },
        })
        refused.on('error', () => {}) // nginx closes while it is being sent
        const answered = once(refused, 'response')
        refused.write(bytes.subarray(0, MIB))
        const [answer] = await answered
        assert.equal(answer.statusCode, 413)
        assert.equal(answer.headers['tus-resumable'], undefined)
        refused.destroy()
        assert.equal(await headOffset(upload.url, authorization), 0)
        const chunk = bytes.subarray(0, 16 * MIB)
        assert.equal((await patchTus(upload.url, authorization, 0, chunk)).status, 204)
        assert.deepEqual(await readUpload(upload.uploadId), chunk)
      })
    })

    test(`with request buffering ${buffering}: after the proxy's timeouts the offset is the truth, and it goes on`, async () => {
      await withNginx(short, async (url) => {
        const bytes = randomBytes(6 * MIB)
        const upload = await createTusUpload(url, authorization, bytes.length)
        const stalled = request(upload.url, {
          method: 'PATCH',
          headers: {
            authorization,
            'tus-resumable': '1.0.0',
            'upload-offset': 0,
            'content-type': 'application/offset+octet-stream',
            'content-length': bytes.length,
          },
        })
        stalled.on('error', () => {})
        stalled.write(bytes.subarray(0, 2 * MIB))
        await new Promise((resolve) => stalled.once('close', resolve))
        const first = await headOffset(upload.url, authorization)
        assert.ok(first <= 2 * MIB)
        assert.deepEqual(await readUpload(upload.uploadId), bytes.subarray(0, first))
        // Peekr stands still for longer than nginx waits, then stores what it was sent.
        server.kill('SIGSTOP')
        const timedOut = patchTus(upload.url, authorization, first, bytes.subarray(first)).catch(() => null)
        await sleep(2_600)
        server.kill('SIGCONT')
        await timedOut // a 504 page, which is no JSON, or a broken connection
        // What nginx had given up may come to Peekr only after the question how far it got: then that is a 409, and asked again.
        let status = 409
        for (let tries = 0; status === 409 && tries < 5; tries += 1) {
          const second = await headOffset(upload.url, authorization)
          assert.ok(second >= first)
          assert.deepEqual((await readUpload(upload.uploadId)).subarray(0, second), bytes.subarray(0, second))
          status = (await patchTus(upload.url, authorization, second, bytes.subarray(second))).status
        }
        assert.equal(status, 204)
        assert.equal(sha256(await readUpload(upload.uploadId)), sha256(bytes))
      })
    })
  }

  test('nginx as it comes, with its 1 MB: the client learns the size of chunks from the 413 and arrives', async () => {
    await withNginx([], async (url) => {
      const bytes = randomBytes(5 * MIB)
      const chunk = createChunkSize(null, () => {})
      await new Promise<void>((resolve, reject) => {
        const upload = new Upload(bytes as never, {
          endpoint: `${url}/api/uploads`,
          headers: { authorization },
          chunkSize: chunk.bytes(),
          retryDelays: [0, 10, 10, 10, 10, 10, 10, 10],
          metadata: { filename: 'learnt.mp4' },
          onShouldRetry(error) {
            if (!(error instanceof DetailedError)) return false
            upload.options.chunkSize = chunk.learn(error)
            return true
          },
          onSuccess: () => resolve(),
          onError: reject,
        })
        upload.start()
      })
      assert.ok(chunk.bytes() <= MIB, `${chunk.bytes()} bytes`)
      const video = await VideoModel.findOne({ 'source.filename': 'learnt.mp4' }).lean()
      assert.equal(sha256(await readUpload(video?.uploadId ?? '')), sha256(bytes))
    })
  })
})
