import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startEmbeddedDatabase } from '#lib/db/embedded/start-embedded-database'
import { VideoModel } from '#lib/db/models/video'
import { runBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { type BtrfsLoop, whyNoBtrfsLoop, withBtrfsLoop } from '../../support/btrfs-loop.ts'
import { fillDisk } from '../../support/fill-disk.ts'
import { openPageInNode } from '../../support/page-in-node.ts'
import { until } from '../../support/pipeline-test.ts'
import {
  makeUploader,
  openUploadTest,
  readUpload,
  sha256,
  type UploadTest,
} from '../../support/upload-test.ts'

const MIB = 1024 ** 2

// The queue of the upload page against the real server, whose disk somebody else fills.
describe('an upload to a disk that runs full', {
  skip: process.env.MONGODB_URI ? 'is about the library’s disk, not the database' : whyNoBtrfsLoop(),
}, () => {
  let folder = ''
  let disk: BtrfsLoop
  let database: { uri: string; stop(): Promise<void> }
  let world: UploadTest
  let uploader: { userId: string; authorization: string }
  let ballast = ''
  let patchCount = 0
  const refusals: number[] = []
  const server = createServer((req, res) => void pass(req, res).catch(() => res.destroy()))

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peekr-full-'))
    disk = await withBtrfsLoop({ sizeMib: 160 })
    ballast = join(disk.path, 'ballast')
    // Elsewhere, so that the library's disk is the only fault.
    await mkdir(join(folder, 'db'))
    database = await startEmbeddedDatabase({ dataPath: join(folder, 'db') })
    process.env.MONGODB_URI = database.uri
    world = await openUploadTest({ dataPath: join(disk.path, 'data') })
    uploader = await makeUploader()
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    openPageInNode(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  })
  after(async () => {
    server.closeAllConnections()
    server.close()
    await world?.close()
    delete process.env.MONGODB_URI
    await database?.stop()
    await disk?.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** To the server; what it says of a full disk is waited for a second instead of half a minute. */
  async function pass(req: IncomingMessage, res: ServerResponse): Promise<void> {
    patchCount += req.method === 'PATCH' ? 1 : 0
    // Its room was granted; what comes after the first chunk meets a disk that somebody else has filled.
    if (req.method === 'PATCH' && patchCount === 2) await fillDisk(ballast, 0)
    const { hostname, port } = new URL(world.origins['front door'])
    const headers = { ...req.headers, authorization: uploader.authorization }
    const upstream = request({ hostname, port, path: req.url, method: req.method, headers }, (answer) => {
      const status = answer.statusCode ?? 502
      if (status === 507) refusals.push(status)
      res.writeHead(status, { ...answer.headers, ...(status === 507 && { 'retry-after': '1' }) })
      answer.pipe(res)
    })
    upstream.on('error', () => res.destroy())
    req.pipe(upstream)
  }

  test('it waits with a sentence, keeps what was acknowledged, and goes on by itself when there is space', async () => {
    const queue = await import('../../../app/_components/upload/upload-queue.ts')
    const { uploadStore } = await import('../../../app/_components/upload/upload-store.ts')
    const bytes = randomBytes(40 * MIB)
    queue.addUploads([new File([new Uint8Array(bytes)], 'film.mp4')], uploader.userId)
    const item = () => uploadStore.get()[0]
    const message = await until('the wait', async () => item()?.status === 'waiting' && item()?.message)
    assert.match(message, /^The disk is full\. .+\.$/)
    await until('more than one try', async () => refusals.length > 1)
    const video = await until('the record', () => VideoModel.findById(item()?.videoId).lean())
    assert.equal(video.state, 'uploading')
    const stored = await readUpload(video.uploadId)
    assert.ok(stored.length >= 16 * MIB && bytes.subarray(0, stored.length).equals(stored))
    await rm(ballast)
    await runBtrfs(['filesystem', 'sync', disk.path])
    await until('the whole file', async () => item()?.status === 'uploaded')
    assert.equal(sha256(await readUpload(video.uploadId)), sha256(bytes))
  })
})
