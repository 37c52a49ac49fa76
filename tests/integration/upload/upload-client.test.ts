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
import { openPageInNode, type PageStorage } from '../../support/page-in-node.ts'
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
type Details = typeof import('../../../app/_components/upload/upload-details.ts')
type Unfinished = typeof import('../../../app/_components/upload/find-unfinished-uploads.ts')

// The modules of the upload page, without its components, against the real server; a browser does the same in tests/e2e.
describe('the queue of the upload page', { timeout: 420_000 }, () => {
  let world: UploadTest
  let viewer: Viewer
  let queue: Queue
  let editDetails: Details['editDetails']
  let saveDetails: Details['saveDetails']
  let findUnfinishedUploads: Unfinished['findUnfinishedUploads']
  let getItem: () => UploadItem | undefined
  let count: () => number
  let storage: PageStorage
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
    ;({ editDetails, saveDetails } = await import('../../../app/_components/upload/upload-details.ts'))
    const { uploadStore } = await import('../../../app/_components/upload/upload-store.ts')
    getItem = () => uploadStore.get()[0]
    count = () => uploadStore.get().length
    findUnfinishedUploads = (await import('../../../app/_components/upload/find-unfinished-uploads.ts'))
      .findUnfinishedUploads
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

  test('brings details to the video that are typed after the last byte', async () => {
    const bytes = randomBytes(1000)
    add(bytes, 'quick.mp4')
    const { _id } = await arrived(bytes)
    const { key } = await until('its card', getItem)
    editDetails(key, { title: 'Typed too late, and not lost' })
    await saveDetails(key)
    assert.equal((await VideoModel.findById(_id).lean())?.title, 'Typed too late, and not lost')
    assert.deepEqual(readRecords(), [])
  })

  test('keeps details also where the browser keeps nothing', async () => {
    storage.isOff = true
    const bytes = randomBytes(20 * MIB)
    latencyMs = 30
    add(bytes, 'private-window.mp4')
    const { key } = await until('its beginning', () => getItem()?.videoId !== null && getItem())
    editDetails(key, { title: 'Not written down' })
    await until('the end', () => getItem()?.status === 'uploaded')
    const { videoId } = await until('its card', getItem)
    for (let tries = 0; tries < 200; tries += 1) {
      if ((await titleOf(videoId)) === 'Not written down') break
      await sleep(50)
    }
    assert.equal(await titleOf(videoId), 'Not written down')
    storage.isOff = false
    editDetails(key, { title: 'And now it is' })
    await saveDetails(key)
  })

  test('a file that could not be read any more goes on where it was, once it is chosen again', async () => {
    const bytes = randomBytes(40 * MIB)
    const lost = new File([new Uint8Array(bytes)], 'usb-disk.mp4')
    let patches = 0
    refuse = (req) => {
      if (req.method !== 'PATCH' || ++patches < 2) return false
      const notReadable = () => Promise.reject(new DOMException('It is gone.', 'NotReadableError'))
      lost.slice = () => Object.assign(new Blob(), { arrayBuffer: notReadable })
      req.destroy()
      return true
    }
    queue.addUploads([lost], viewer.userId)
    await until('the end of it', () => getItem()?.status === 'failed')
    assert.match(getItem()?.message ?? '', /can no longer be read\. .* choose it again/)
    refuse = null
    seen = []
    add(bytes, 'usb-disk.mp4')
    await arrived(bytes)
    assert.deepEqual([countOf('POST'), count()], [0, 1], 'one card, and nothing begun anew')
  })

  test('what another tab is sending is left to it', async () => {
    const bytes = randomBytes(20 * MIB)
    const key = await leaveHalfWay(bytes, 'two-tabs.mp4')
    const tab = new BroadcastChannel('peekr-uploads')
    tab.addEventListener('message', () => tab.postMessage([key]))
    seen = []
    add(bytes, 'two-tabs.mp4')
    const { key: second } = await until('the refusal', () => getItem()?.status === 'failed' && getItem())
    assert.match(getItem()?.message ?? '', /^Another tab of this browser is sending this file\./)
    assert.deepEqual(
      [await findUnfinishedUploads(viewer.userId, new AbortController().signal), seen],
      [[], []],
    )
    tab.close()
    queue.resumeUpload(second)
    await arrived(bytes)
    assert.equal(countOf('POST'), 0)
  })

  test('what was begun another day and is cancelled before its turn leaves nothing', async () => {
    const bytes = randomBytes(20 * MIB)
    await leaveHalfWay(bytes, 'changed-my-mind.mp4')
    seen = []
    refuse = ({ method }) => method === 'POST'
    const others = ['first.mp4', 'second.mp4'].map((name) => {
      add(randomBytes(10), name)
      return getItem()?.key ?? ''
    })
    await until('their creations', () => countOf('POST') === 2)
    add(bytes, 'changed-my-mind.mp4')
    const { key } = await until('its record', () => {
      const item = getItem()
      return readRecords().some((record) => record.key === item?.key && record.uploadUrl) && item
    })
    assert.equal(getItem()?.status, 'queued')
    refuse = null
    for (const each of [key, ...others]) await queue.cancelUpload(each)
    assert.equal(await UploadModel.countDocuments({ ownerId: viewer.userId, state: 'open' }), 0)
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

  /** Sends one chunk of a file, and leaves the page with the next on its way. Returns the key of its record. */
  async function leaveHalfWay(bytes: Buffer, name: string): Promise<string> {
    let patches = 0
    refuse = (req) => req.method === 'PATCH' && ++patches === 2 && req.resume() !== null
    add(bytes, name)
    const { key } = await until('its second chunk', () => patches === 2 && getItem())
    await queue.pauseUpload(key)
    queue.forgetUpload(key)
    refuse = null
    return key
  }

  const countOf = (method: string) => seen.filter((line) => line.startsWith(method)).length
  const titleOf = async (videoId: string | null) => (await VideoModel.findById(videoId).lean())?.title

  function readRecords(): UploadRecord[] {
    return JSON.parse(storage.values.get(KEY) ?? '[]')
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
