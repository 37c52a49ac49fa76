import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { createApiToken } from '#lib/auth/api-tokens'
import { createSessionCookie } from '#lib/auth/session-token'
import { parseConfig } from '#lib/config'
import { connectDatabase, disconnectDatabase } from '#lib/db/connect'
import { UserModel } from '#lib/db/models/user'
import { VideoModel } from '#lib/db/models/video'
import type { Grant } from '#lib/domain/grant'
import { createId } from '#lib/domain/id'
import type { Role } from '#lib/domain/permissions'
import type { Visibility } from '#lib/domain/video'
import { forgetSingleton, singleton } from '#lib/singleton'
import { createMediaToken } from '#lib/stream/media-token'
import { forgetStreamAccess } from '#lib/stream/stream-access'
import { type Answer, type Door, openDoors } from '../support/stream-doors.ts'
import { openTestDatabase } from '../support/test-database.ts'

const dataPath = await mkdtemp(join(tmpdir(), 'peekr-stream-'))
const database = await openTestDatabase('stream')
const loadSettings = (more: Record<string, string> = {}) => {
  forgetSingleton('config')
  const settings = { PEEKR_DATA: dataPath, PEEKR_CACHE: '160M', MONGODB_URI: database.uri, ...more }
  singleton('config', () => parseConfig(settings))
}
loadSettings()

const MIB = 1024 * 1024
const STALL_MS = 800
const HOUR_MS = 3_600_000
const PLAYLIST = Buffer.from(`#EXTM3U\n${'segment-00001.m4s\n'.repeat(200)}`)
const FILES: Record<string, Buffer> = {
  'multivariant.m3u8': PLAYLIST,
  'poster.jpg': randomBytes(9_000),
  'storyboard.vtt': Buffer.from('WEBVTT\n'),
  'storyboard-0.jpg': randomBytes(9_000),
  'hover.mp4': randomBytes(9_000),
  '720p/media.m3u8': PLAYLIST,
  '720p/init.mp4': randomBytes(800),
  '720p/segment-00001.m4s': randomBytes(100_000),
  // Kept in memory, and larger than what two sockets' buffers swallow.
  '720p/segment-00002.m4s': randomBytes(15 * MIB),
  // Too large to be kept: read in pieces.
  '720p/segment-00003.m4s': randomBytes(17 * MIB + 5),
  'audio/segment-00001.ts': randomBytes(5_000),
}
const SECRET = 'nobody may read this'

interface Video {
  videoId: string
  revisionId: string
  base: string
}

let doors: [Door, Door]
const videos = {} as Record<'public' | 'unlisted' | 'private' | 'deleted', Video>
/** What the owner's media URLs are signed for. */
let grant: Grant
const identities: Record<string, Record<string, string>> = { anonymous: {} }

before(async () => {
  await connectDatabase()
  doors = await openDoors({ stallMs: STALL_MS })
  const owner = await addUser('uploader', 'owner')
  grant = { kind: 'session', id: owner, version: 1 }
  await addUser('uploader', 'other')
  await addUser('admin', 'admin')
  const { token } = await createApiToken({ userId: owner, name: 'test' })
  identities.bearer = { authorization: `Bearer ${token}` }
  identities.wrongBearer = { ...identities.owner, authorization: 'Bearer pk_wrong' }
  for (const visibility of ['public', 'unlisted', 'private'] as const) {
    videos[visibility] = await addVideo(owner, visibility)
  }
  videos.deleted = await addVideo(owner, 'public')
  await VideoModel.updateOne({ _id: videos.deleted.videoId }, { $set: { deletedAt: new Date() } })
})

after(async () => {
  await Promise.all(doors.map((door) => door.close()))
  await disconnectDatabase()
  await database.close()
  await rm(dataPath, { recursive: true })
})

async function addUser(role: Role, name: string): Promise<string> {
  const userId = createId()
  const email = `${name}-${userId}@example.org`
  await UserModel.create({ _id: userId, email, name, role, passwordHash: 'none' })
  const cookie = await createSessionCookie({ userId, sessionVersion: 1 }, false)
  identities[name] = { cookie: cookie.split(';')[0] ?? '' }
  return userId
}

async function addVideo(ownerId: string, visibility: Visibility): Promise<Video> {
  const [videoId, revisionId] = [createId(), createId()]
  const folder = join(dataPath, 'library', videoId)
  await writeRevision(join(folder, 'revisions', revisionId))
  await writeWhole(join(folder, 'source/original'), SECRET)
  await writeWhole(join(folder, 'video.json'), SECRET)
  await VideoModel.create({
    _id: videoId,
    ownerId,
    uploadId: createId(),
    title: visibility,
    state: 'ready',
    playable: true,
    visibility,
    source: { filename: 'a.mp4', sizeBytes: 1, sha256: null },
    revision: { id: revisionId, segmentFormat: 'fmp4', renditions: [], audio: null, poster: true },
  })
  return { videoId, revisionId, base: `/stream/${videoId}/${revisionId}` }
}

async function writeRevision(folder: string): Promise<void> {
  for (const [path, content] of Object.entries(FILES)) await writeWhole(join(folder, path), content)
  await writeWhole(join(folder, 'manifest.json'), SECRET)
}

async function writeWhole(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
}

function withToken({ videoId, revisionId }: Video, token: string): string {
  return `/stream/t/${token}/${videoId}/${revisionId}`
}

/** What must be the same through both doors: all but the request's own id, the connection, and how long the text of an error is. */
function comparable({ status, headers, body }: Answer): unknown {
  const {
    date,
    connection,
    'keep-alive': keepAlive,
    'x-request-id': id,
    'transfer-encoding': coding,
    ...rest
  } = headers
  const sha256 = createHash('sha256')
    .update(body.toString('latin1').replace(id ?? '', ''))
    .digest('hex')
  const isError = rest['content-type'] === 'application/json'
  return { status, headers: { ...rest, ...(isError && { 'content-length': undefined }) }, sha256 }
}

async function askBoth(
  target: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const [node, handler] = await Promise.all(doors.map((door) => door.get(target, options)))
  assert.ok(node && handler)
  assert.deepEqual(comparable(handler), comparable(node), `both doors answer ${target} alike`)
  return node
}

test('the matrix of visibility and identity holds for every kind of file, through both doors', async () => {
  const paths = Object.keys(FILES).filter((path) => (FILES[path]?.length ?? 0) < MIB)
  const nowMs = Date.now()
  for (const visibility of ['public', 'unlisted', 'private'] as const) {
    const video = videos[visibility]
    const other = videos[visibility === 'public' ? 'private' : 'public']
    const rows: [string, string, Record<string, string>, boolean][] = Object.entries(identities).map(
      ([name, headers]) => {
        const may = visibility !== 'private' || ['owner', 'admin', 'bearer'].includes(name)
        return [name, video.base, headers, may]
      },
    )
    const token = createMediaToken(video, grant)
    const tokens: [string, string, boolean][] = [
      ['token', token, true],
      ['expired token', createMediaToken(video, grant, { nowMs: nowMs - 13 * HOUR_MS }), false],
      ['another video’s token', createMediaToken(other, grant), false],
      ['another revision’s token', createMediaToken({ ...video, revisionId: createId() }, grant), false],
      ['a tampered token', (token[0] === 'A' ? 'B' : 'A') + token.slice(1), false],
      ['no token at all', 'x', false],
    ]
    for (const [name, text, may] of tokens) rows.push([name, withToken(video, text), {}, may])
    for (const [name, base, headers, may] of rows) {
      const check = async (path: string) => {
        const answer = await askBoth(`${base}/${path}`, { headers })
        const cell = `${visibility}, ${name}, ${path}`
        assert.equal(answer.status, may ? 200 : 404, cell)
        if (may) assert.ok(answer.body.equals(FILES[path] ?? Buffer.alloc(0)), cell)
        const cached = answer.headers['cache-control'] ?? ''
        if (!may) assert.equal(cached, 'private, no-store', cell)
        else if (visibility === 'private' || base.includes('/t/')) {
          assert.equal(cached, 'private, max-age=31536000, immutable', cell)
          assert.equal(answer.headers['access-control-allow-origin'], undefined, cell)
        } else {
          assert.equal(cached, 'public, max-age=31536000, immutable', cell)
          assert.equal(answer.headers['access-control-allow-origin'], '*', cell)
        }
      }
      await Promise.all(paths.map(check))
    }
  }
})

test('an answer says what it is: type, length, strong ETag, nosniff', async () => {
  const types = {
    'multivariant.m3u8': 'application/vnd.apple.mpegurl',
    '720p/init.mp4': 'video/mp4',
    '720p/segment-00001.m4s': 'video/mp4',
    'audio/segment-00001.ts': 'video/mp2t',
    'poster.jpg': 'image/jpeg',
    'storyboard.vtt': 'text/vtt; charset=utf-8',
    'storyboard-0.jpg': 'image/jpeg',
    'hover.mp4': 'video/mp4',
  }
  for (const [path, type] of Object.entries(types)) {
    const { headers } = await doors[0].get(`${videos.public.base}/${path}`)
    assert.equal(headers['content-type'], type)
    assert.equal(headers['content-length'], String(FILES[path]?.length))
    assert.match(headers.etag ?? '', /^"[\w-]+"$/)
    assert.equal(headers['accept-ranges'], 'bytes')
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['cross-origin-resource-policy'], 'cross-origin')
  }
})

test('ranges of kept and of large files are cut to the byte', async () => {
  for (const path of ['720p/segment-00001.m4s', '720p/segment-00003.m4s']) {
    const content = FILES[path] ?? Buffer.alloc(0)
    const size = content.length
    const target = `${videos.public.base}/${path}`
    const ranges: [string, number, number][] = [
      ['bytes=0-0', 0, 0],
      ['bytes=100-199', 100, 199],
      [`bytes=${size - 10}-`, size - 10, size - 1],
      ['bytes=-7', size - 7, size - 1],
      [`bytes=5-${size * 2}`, 5, size - 1],
    ]
    for (const [range, start, end] of ranges) {
      const answer = await askBoth(target, { headers: { range } })
      assert.equal(answer.status, 206)
      assert.equal(answer.headers['content-range'], `bytes ${start}-${end}/${size}`)
      assert.equal(answer.headers['content-length'], String(end - start + 1))
      assert.ok(answer.body.equals(content.subarray(start, end + 1)), range)
    }
    const several = await askBoth(target, { headers: { range: 'bytes=0-1,4-5' } })
    assert.equal(several.status, 200)
    assert.ok(several.body.equals(content))
    const beyond = await askBoth(target, { headers: { range: `bytes=${size}-` } })
    assert.equal(beyond.status, 416)
    assert.equal(beyond.headers['content-range'], `bytes */${size}`)
    assert.equal(beyond.headers['cache-control'], 'no-store')
    assert.equal(beyond.body.length, 0)
  }
})

test('HEAD, conditions and encodings answer like GET would, without the bytes', async () => {
  const target = `${videos.public.base}/720p/media.m3u8`
  const head = await askBoth(target, { method: 'HEAD', headers: { range: 'bytes=0-1' } })
  assert.equal(head.status, 200)
  assert.equal(head.headers['content-length'], String(PLAYLIST.length))
  assert.equal(head.body.length, 0)

  const etag = head.headers.etag ?? ''
  const same = await askBoth(target, { headers: { 'if-none-match': `"x", W/${etag}` } })
  assert.equal(same.status, 304)
  assert.equal(same.headers.etag, etag)
  assert.equal((await askBoth(target, { headers: { 'if-match': '"x"' } })).status, 412)
  const range = { range: 'bytes=0-1' }
  assert.equal((await askBoth(target, { headers: { ...range, 'if-range': etag } })).status, 206)
  assert.equal((await askBoth(target, { headers: { ...range, 'if-range': '"x"' } })).status, 200)

  const decode = { br: brotliDecompressSync, gzip: gunzipSync }
  const welcome = { 'gzip, deflate, br, zstd': 'br', 'br;q=0.5, gzip': 'gzip', 'br;q=0, *': 'gzip' } as const
  for (const [accepted, encoding] of Object.entries(welcome)) {
    const [packed, asIs] = await Promise.all(
      doors.map((door) => door.get(target, { headers: { 'accept-encoding': accepted } })),
    )
    assert.ok(packed && asIs)
    assert.equal(packed.headers['content-encoding'], encoding)
    assert.equal(packed.headers['content-length'], String(packed.body.length))
    assert.equal(packed.headers.vary, 'accept-encoding')
    assert.equal(packed.headers.etag, etag.replace(/"$/, `-${encoding}"`))
    assert.ok(decode[encoding](packed.body).equals(PLAYLIST))
    // Next would take the word about the encoding away, so the handler sends it as it is.
    assert.deepEqual([asIs.headers.etag, asIs.body.equals(PLAYLIST)], [etag, true])
    const again = { 'accept-encoding': accepted, 'if-none-match': packed.headers.etag ?? '' }
    assert.equal((await doors[0].get(target, { headers: again })).status, 304)
  }
  const plain = await askBoth(target, { headers: { 'accept-encoding': 'br;q=0, gzip;q=0' } })
  assert.deepEqual([plain.headers['content-encoding'], plain.headers.etag], [undefined, etag])
  const segment = await askBoth(`${videos.public.base}/720p/init.mp4`, {
    headers: { 'accept-encoding': 'gzip' },
  })
  assert.equal(segment.headers['content-encoding'], undefined)
})

test('of what is still being made playlists are asked for each time and nothing is immutable; a proxy asks again after 3 s', async (t) => {
  t.after(() => loadSettings())
  loadSettings({ PEEKR_TRUSTED_PROXIES: 'loopback' })
  const forwarded = { 'x-forwarded-for': '203.0.113.7' }
  const { videoId, base } = videos.public
  const ask = async (path: string) => {
    const { status, headers } = await doors[0].get(`${base}/${path}`, { headers: forwarded })
    return [status, headers['cache-control'], headers['x-accel-expires']]
  }
  const year = 'public, max-age=31536000, immutable'
  assert.deepEqual(await ask('720p/media.m3u8'), [200, year, '3'])
  assert.deepEqual(await ask('720p/init.mp4'), [200, year, '3'])
  const grow = async (growing: unknown) => {
    const change = growing ? { $set: { 'revision.growing': growing } } : { $unset: { 'revision.growing': 1 } }
    await VideoModel.updateOne({ _id: videoId }, change).setOptions({ sanitizeFilter: false })
    forgetStreamAccess(videoId)
  }
  await grow({ availableSeconds: 4 })
  assert.deepEqual(await ask('720p/media.m3u8'), [200, 'public, no-cache', undefined])
  assert.deepEqual(await ask('720p/init.mp4'), [200, 'public, max-age=10', '3'])
  await grow(null)
})

test('other methods are refused; a preflight is answered for public videos only', async () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    const answer = await askBoth(`${videos.public.base}/poster.jpg`, { method })
    assert.equal(answer.status, 405)
    assert.equal(answer.headers.allow, 'GET, HEAD, OPTIONS')
  }
  const preflight = await askBoth(`${videos.public.base}/poster.jpg`, { method: 'OPTIONS' })
  assert.equal(preflight.status, 204)
  assert.match(preflight.headers['access-control-allow-headers'] ?? '', /range/)
  const hidden = await askBoth(`${videos.private.base}/poster.jpg`, {
    method: 'OPTIONS',
    headers: identities.owner ?? {},
  })
  assert.equal(hidden.status, 404)
})

test('a deleted video, a revision that is not the published one, and a link on disk are not there', async () => {
  const { videoId, base } = videos.public
  const stray = createId()
  await writeRevision(join(dataPath, 'library', videoId, 'revisions', stray))
  const revision = join(dataPath, 'library', base.slice('/stream/'.length).replace('/', '/revisions/'))
  await symlink(
    join(dataPath, 'library', videoId, 'source/original'),
    join(revision, '720p/segment-00077.m4s'),
  )
  await symlink(join(dataPath, 'library', videoId, 'revisions', stray, '720p'), join(revision, '480p'))
  const targets = [
    `${videos.deleted.base}/poster.jpg`,
    `/stream/${videoId}/${stray}/poster.jpg`,
    `/stream/${createId()}/${createId()}/poster.jpg`,
    `${withToken(videos.deleted, createMediaToken(videos.deleted, grant))}/poster.jpg`,
    `${base}/720p/segment-00077.m4s`,
    `${base}/480p/segment-00001.m4s`,
    `${base}/720p/segment-00009.m4s`,
  ]
  for (const target of targets) {
    const answer = await askBoth(target, { headers: identities.admin ?? {} })
    assert.equal(answer.status, 404, target)
    const { error } = JSON.parse(answer.body.toString()) as { error: { code: string; requestId: string } }
    assert.equal(error.code, 'not_found')
    assert.equal(error.requestId, answer.headers['x-request-id'])
  }
})

test('no spelling of a path reaches a file outside the revision', async () => {
  const { base, videoId } = videos.public
  const names = [
    'source/original',
    'video.json',
    '../../source/original',
    '../../video.json',
    'manifest.json',
  ]
  const dots = [
    '../',
    '%2e%2e/',
    '..%2f',
    '%2e%2e%2f',
    '..%252f',
    '..\\',
    '..%5c',
    '.%2e/',
    '..;/',
    '..%00/',
    '....//',
  ]
  const targets = names.flatMap((name) => [
    `${base}/${name}`,
    `${base}/${name.replaceAll('/', '%2f')}`,
    `/stream/${videoId}/${name}`,
    ...dots.flatMap((dot) => [1, 2, 3].map((depth) => `${base}/720p/${dot.repeat(depth)}${name}`)),
  ])
  for (const target of targets) {
    for (const door of doors) {
      const { status, body } = await door.get(target, { headers: identities.admin ?? {} })
      assert.equal(status, 404, `${door.name}: ${target}`)
      assert.ok(!body.includes(SECRET), `${door.name}: ${target}`)
    }
  }
})

test('beyond the limit of readers a new one gets 503 with Retry-After, while who watches goes on, through both doors', async (t) => {
  t.after(() => {
    loadSettings()
    forgetSingleton('stream-readers')
  })
  loadSettings({ PEEKR_READERS: '1' })
  forgetSingleton('stream-readers')
  for (const door of doors) {
    // Whoever was first through the other door has the place there.
    forgetSingleton('stream-readers')
    const ask = (video: Video, path: string) => door.get(`${video.base}/${path}`)
    const watching = videos.public
    assert.equal((await ask(watching, 'multivariant.m3u8')).status, 200, door.name)
    for (let round = 0; round < 3; round++) {
      const refused = await ask(
        videos.unlisted,
        ['multivariant.m3u8', '720p/segment-00001.m4s'][round % 2] ?? '',
      )
      assert.equal(refused.status, 503, door.name)
      assert.equal(refused.headers['retry-after'], '10')
      assert.equal(JSON.parse(refused.body.toString()).error.code, 'too_many_readers')
      assert.equal((await ask(watching, '720p/segment-00001.m4s')).status, 200, door.name)
    }
    assert.equal(
      (await ask(videos.unlisted, 'poster.jpg')).status,
      200,
      'a page of the library still shows it',
    )
    // What nobody may see is no different from when there is room.
    assert.equal((await ask(videos.deleted, 'multivariant.m3u8')).status, 404)
  }
})

test('a change of visibility reaches segments within 10 s, and at once where it was made', async () => {
  const { videoId, base } = videos.unlisted
  const target = `${base}/720p/segment-00001.m4s`
  const status = async () => (await doors[0].get(target)).status
  assert.equal(await status(), 200)
  // As another machine would: nobody tells this process.
  await VideoModel.updateOne({ _id: videoId }, { $set: { visibility: 'private' } })
  const startedAt = performance.now()
  while ((await status()) === 200) {
    assert.ok(performance.now() - startedAt < 10_000)
    await sleep(100)
  }
  await VideoModel.updateOne({ _id: videoId }, { $set: { visibility: 'unlisted' } })
  forgetStreamAccess(videoId)
  assert.equal(await status(), 200)
})

test('whoever hears at once of a new revision gets it, though another one was known a moment ago', async () => {
  const { videoId, revisionId, base } = videos.public
  const newer = createId()
  const folder = join(dataPath, 'library', videoId, 'revisions', newer)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'poster.jpg'), 'a new poster')
  const statuses = async (target: string) =>
    (await Promise.all(doors.map((door) => door.get(target)))).map(({ status }) => status)
  forgetStreamAccess(videoId)
  assert.deepEqual(await statuses(`${base}/poster.jpg`), [200, 200])
  // As another machine would: nobody tells this process.
  await VideoModel.updateOne({ _id: videoId }, { $set: { 'revision.id': newer } })
  const target = `/stream/${videoId}/${newer}/poster.jpg`
  assert.deepEqual(await statuses(target), [200, 200])
  assert.deepEqual(await statuses(`${base}/poster.jpg`), [404, 404])
  await VideoModel.updateOne({ _id: videoId }, { $set: { 'revision.id': revisionId } })
  forgetStreamAccess(videoId)
})

for (const path of ['720p/segment-00002.m4s', '720p/segment-00003.m4s']) {
  test(`a reader of ${path} that stalls is cut, one that is slow is served to the end`, async () => {
    const cutAfterMs = await readStalled(path)
    assert.ok(cutAfterMs >= STALL_MS / 2 - 50 && cutAfterMs < STALL_MS * 20, `cut after ${cutAfterMs} ms`)
    const receivedBytes = await readSlowly(path)
    assert.ok(receivedBytes >= (FILES[path]?.length ?? 0), `received ${receivedBytes}`)
  })
}

function openReader(path: string) {
  const socket = connect(doors[0].port, '127.0.0.1')
  socket.write(`GET ${videos.public.base}/${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  return socket
}

/** Milliseconds until the server lets go of a reader that takes nothing. */
async function readStalled(path: string): Promise<number> {
  const socket = openReader(path)
  socket.on('error', () => {}) // a reset is one of the ways to be cut
  socket.pause()
  const startedAt = performance.now()
  while ((await doors[0].countConnections()) > 0 || performance.now() - startedAt < 100) {
    if (performance.now() - startedAt > STALL_MS * 20) break
    await sleep(25)
  }
  socket.destroy()
  return performance.now() - startedAt
}

/** Bytes received by a reader that takes some every 100 ms for longer than a stalled one would live. */
function readSlowly(path: string): Promise<number> {
  const socket = openReader(path)
  let receivedBytes = 0
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', () => resolve(receivedBytes))
    let sinceRest = 0
    socket.on('data', (piece) => {
      receivedBytes += piece.length
      sinceRest += piece.length
      if (sinceRest < 800_000) return
      sinceRest = 0
      socket.pause()
      setTimeout(() => socket.resume(), 100)
    })
  })
}
