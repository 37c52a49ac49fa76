import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { listVideos } from '#lib/catalog/list-videos'
import { updateVideo } from '#lib/catalog/update-video'
import { UploadModel } from '#lib/db/models/upload'
import { VideoModel } from '#lib/db/models/video'
import { scopesOfRole, type Viewer } from '#lib/domain/permissions'
import type { UploadItem } from '../../../app/_components/upload/upload-item.ts'
import type { UploadRecord } from '../../../app/_components/upload/upload-records.ts'
import { openPageInNode } from '../../support/page-in-node.ts'
import {
  makeUploader,
  openUploadTest,
  readUpload,
  sha256,
  type UploadTest,
} from '../../support/upload-test.ts'

const MIB = 1024 ** 2
const KEY = 'peekr-unfinished-uploads'

type Queue = typeof import('../../../app/_components/upload/upload-queue.ts')

// The modules of the upload page, without its components, against the real server; a browser does the same in tests/e2e.
describe('the queue of the upload page', { timeout: 120_000 }, () => {
  let world: UploadTest
  let viewer: Viewer
  let queue: Queue
  let editDetails: typeof import('../../../app/_components/upload/upload-details.ts')['editDetails']
  let getItem: () => UploadItem | undefined
  let storage: Map<string, string>
  /** How far away the server is. */
  let latencyMs = 0
  /** Answers a request instead of the server. */
  let refuse: ((req: IncomingMessage, res: ServerResponse) => boolean) | null = null
  let seen: string[] = []
  let authorization = ''
  const server = createServer((req, res) => void pass(req, res))

  before(async () => {
    world = await openUploadTest()
    const { userId, authorization: token } = await makeUploader()
    authorization = token
    const [role, via] = ['uploader', 'session'] as const
    viewer = { userId, name: 'Ana', email: 'ana@example.org', role, scopes: scopesOfRole(role), via }
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const page = openPageInNode(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    storage = page.storage
    queue = await import('../../../app/_components/upload/upload-queue.ts')
    editDetails = (await import('../../../app/_components/upload/upload-details.ts')).editDetails
    const { uploadStore } = await import('../../../app/_components/upload/upload-store.ts')
    getItem = () => uploadStore.get()[0]
  })
  beforeEach(() => {
    const key = getItem()?.key
    if (key !== undefined) queue.forgetUpload(key)
    latencyMs = 0
    refuse = null
    seen = []
  })
  after(async () => {
    server.closeAllConnections()
    server.close()
    await world?.close()
  })

  test('brings details that were edited meanwhile to the video, and offers it when the file comes again', async () => {
    latencyMs = 30
    const bytes = randomBytes(3 * MIB)
    add(bytes, 'a.mp4')
    const { key } = await until('a record', () => readRecords().length === 1 && getItem())
    editDetails(key, { title: 'Edited' })
    editDetails(key, { visibility: 'unlisted' })
    const video = await arrived(bytes)
    assert.deepEqual([video.title, video.visibility], ['Edited', 'unlisted'])
    queue.forgetUpload(key)
    seen = []
    add(bytes, 'again.mp4')
    const again = await until('the offer', () => getItem()?.status === 'same' && getItem())
    assert.deepEqual(again.same, { id: video._id, title: 'Edited' })
    assert.deepEqual([seen.filter((line) => line.startsWith('POST')), readRecords()], [[], []])
    queue.resumeUpload(again.key)
    assert.notEqual((await arrived(bytes))._id, video._id)
  })

  test('waits as long as the server asks, and knows the file by its content on another day', async () => {
    const bytes = randomBytes(40 * MIB)
    let patches = 0
    refuse = (req, res) => {
      if (req.method !== 'PATCH' || ++patches !== 2) return false
      req.resume()
      res.writeHead(423, { 'retry-after': '2' }).end('{}')
      return true
    }
    add(bytes, 'b.mp4')
    await until('the refusal', () => getItem()?.status === 'waiting')
    const refusedAt = performance.now()
    const { key } = await until('another try', () => patches >= 3 && getItem())
    assert.ok(performance.now() - refusedAt > 1900)
    await queue.pauseUpload(key)
    editDetails(key, { title: 'Before the crash' })
    queue.forgetUpload(key)
    seen = []
    add(bytes, 'renamed.mp4')
    const video = await arrived(bytes)
    assert.equal(video.title, 'Before the crash')
    assert.deepEqual(
      seen.filter((line) => line.startsWith('POST')),
      [],
      'it goes on, and does not begin anew',
    )
  })

  test('sends a large file to a far server in parts, resumes them, and gives what was typed to the whole', async () => {
    latencyMs = 60
    const bytes = randomBytes(140 * MIB)
    add(bytes, 'far.mp4')
    const { key } = await until('its parts', () => readRecords()[0]?.partUrls?.length === 2 && getItem())
    editDetails(key, { title: 'Far away' })
    await until('some of it', () => (getItem()?.sentBytes ?? 0) > 20 * MIB)
    await queue.pauseUpload(key)
    queue.forgetUpload(key)
    latencyMs = 0
    add(bytes, 'far.mp4')
    const video = await arrived(bytes)
    assert.equal(video.title, 'Far away')
    assert.equal((await UploadModel.findById(video.uploadId).lean())?.kind, 'final')
  })

  test('leaves nothing of cancelled parts', async () => {
    latencyMs = 60
    add(randomBytes(140 * MIB), 'gone.mp4')
    const { key } = await until('some of it', () => (getItem()?.sentBytes ?? 0) > MIB && getItem())
    await queue.cancelUpload(key)
    assert.equal(await UploadModel.countDocuments({ ownerId: viewer.userId, state: 'open' }), 0)
    assert.deepEqual([readRecords(), getItem()], [[], undefined])
  })

  function add(bytes: Buffer, name: string): void {
    queue.addUploads([new File([new Uint8Array(bytes)], name)], viewer.userId)
  }

  function readRecords(): UploadRecord[] {
    return JSON.parse(storage.get(KEY) ?? '[]')
  }

  /** The video, once all has arrived and nothing is left to be done; whole. */
  async function arrived(bytes: Buffer) {
    const { videoId } = await until('the whole file', () => getItem()?.status === 'uploaded' && getItem())
    await until('its details', () => readRecords().length === 0)
    const video = await VideoModel.findById(videoId).lean()
    assert.ok(video)
    assert.equal(sha256(await readUpload(video.uploadId)), sha256(bytes))
    return video
  }

  async function pass(req: IncomingMessage, res: ServerResponse): Promise<void> {
    seen.push(`${req.method} ${req.url}`)
    await sleep(latencyMs)
    if (refuse?.(req, res)) return
    if (req.url?.startsWith('/api/videos')) return answerVideos(req, res)
    const { hostname, port } = new URL(world.origins['front door'])
    const { url: path, method } = req
    const headers = { ...req.headers, authorization }
    const upstream = request({ hostname, port, path, method, headers }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(res)
    })
    upstream.on('error', () => res.destroy())
    req.on('close', () => req.complete || upstream.destroy())
    req.pipe(upstream)
  }

  async function answerVideos(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '', 'http://peekr.test')
    const body = Buffer.concat(await req.toArray()).toString()
    const videoId = url.pathname.split('/').at(-1) ?? ''
    const fingerprint = url.searchParams.get('fingerprint') ?? undefined
    const result =
      req.method === 'PATCH'
        ? (await updateVideo({ viewer, videoId, changes: JSON.parse(body) })).video
        : await listVideos({ viewer, fingerprint })
    res.setHeader('content-type', 'application/json').end(JSON.stringify(result))
  }
})

async function until<T>(what: string, get: () => T | undefined | false): Promise<T> {
  for (const deadlineMs = performance.now() + 30_000; performance.now() < deadlineMs; await sleep(20)) {
    const value = get()
    if (value) return value
  }
  throw new Error(`Not within 30 s: ${what}`)
}
