import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeClip } from '../support/make-clip.ts'
import { nginxSkip as skip } from '../support/nginx-program.ts'
import { openPeekrClient, type PeekrClient } from '../support/peekr-client.ts'
import { type RunningPeekr, startPeekr } from '../support/server.ts'
import { NGINX_ADDRESS, type ShippedNginx, startShippedNginx } from '../support/shipped-nginx.ts'

const TRUST = { PEEKR_TRUSTED_PROXIES: NGINX_ADDRESS }

let folder = ''
let dataPath = ''
let peekr: RunningPeekr
let client: PeekrClient
let nginx: ShippedNginx
/** Of a public and of a private video: the URL and the file of one segment, and the URL of its media playlist. */
const open = { videoId: '', segment: '', file: '', playlist: '' }
const hidden = { videoId: '', segment: '', file: '', playlist: '' }

before(async () => {
  if (skip) return
  folder = await mkdtemp(join(tmpdir(), 'peekr-behind-nginx-'))
  dataPath = join(folder, 'data')
  peekr = await startPeekr({ dataPath, env: TRUST })
  client = await openPeekrClient(peekr)
  const clip = await makeClip({ folder, seconds: 2 })
  for (const [video, visibility] of [
    [open, 'public'],
    [hidden, 'private'],
  ] as const) {
    video.videoId = await client.upload(clip, { metadata: { visibility } })
    const { playback } = await client.waitForEnd(video.videoId)
    const base = playback?.hls.replace('/multivariant.m3u8', '') ?? ''
    const revision = join(dataPath, 'library', video.videoId, 'revisions', base.split('/').at(-1) ?? '')
    const rendition = (await readdir(revision)).find((name) => /^\d+p$/.test(name)) ?? ''
    video.segment = `${base}/${rendition}/segment-00000.m4s`
    video.playlist = `${base}/${rendition}/media.m3u8`
    video.file = join(revision, rendition, 'segment-00000.m4s')
  }
  nginx = await startShippedNginx({ folder: join(folder, 'nginx'), peekrPort: peekr.port, dataPath })
})

after(async () => {
  await nginx?.stop()
  await peekr?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

async function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
  const response = await fetch(nginx.url + path, { method, headers })
  const body = Buffer.from(await response.arrayBuffer())
  return { status: response.status, headers: Object.fromEntries(response.headers), body }
}

/** Past nginx, from an address of one's own. */
function askPeekr(path: string, localAddress: string) {
  return new Promise<{ status: number; headers: Record<string, unknown>; bytes: number }>(
    (resolve, reject) => {
      const asked = request(peekr.url + path, { localAddress, agent: false }, (answer) => {
        let bytes = 0
        answer.on('data', (piece: Buffer) => (bytes += piece.length)).on('error', reject)
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, bytes }))
      })
      asked.on('error', reject).end()
    },
  )
}

async function countCachedBytes(): Promise<number> {
  const entries = await readdir(nginx.cachePath, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return (await Promise.all(files.map((file) => stat(file)))).reduce((sum, { size }) => sum + size, 0)
}

async function becomesGone(path: string): Promise<void> {
  const startedAt = performance.now()
  while ((await ask(path)).status !== 404) {
    assert.ok(performance.now() - startedAt < 10_000, 'it is gone within 10 s')
    await sleep(200)
  }
}

test('nginx keeps public segments by their path, and never one with a token', { skip }, async () => {
  const bytes = await readFile(open.file)
  const before = await countCachedBytes()
  for (const query of ['', '?x=1', '?x=2']) {
    const { status, body, headers } = await ask(open.segment + query)
    assert.equal(status, 200)
    assert.ok(body.equals(bytes))
    assert.equal(headers['cache-control'], 'public, max-age=31536000, immutable')
    assert.equal(headers['x-accel-expires'], undefined)
  }
  const kept = await countCachedBytes()
  assert.ok(kept - before >= bytes.length && kept - before < bytes.length + 4096, `${kept - before} bytes`)
  const range = await ask(open.segment, { range: 'bytes=10-19' })
  assert.equal(range.status, 206)
  assert.ok(range.body.equals(bytes.subarray(10, 20)))

  assert.equal((await ask(hidden.segment)).status, 200)
  assert.equal(await countCachedBytes(), kept)
})

test('a compressed playlist passes nginx and its cache as it is', { skip }, async () => {
  const text = await readFile(open.file.replace(/segment-.*/, 'media.m3u8'), 'utf8')
  for (const accepted of ['br', 'gzip', 'identity', 'br', 'gzip', 'identity']) {
    const answer = await fetch(nginx.url + open.playlist, { headers: { 'accept-encoding': accepted } })
    assert.equal(answer.headers.get('content-encoding') ?? 'identity', accepted)
    assert.equal(await answer.text(), text)
  }
})

test('a video that is made private is gone from nginx within 10 s, though it is in its cache', {
  skip,
}, async () => {
  const setVisibility = async (visibility: string) => {
    const changed = await client.call('PATCH', `/api/videos/${open.videoId}`, { json: { visibility } })
    assert.equal(changed.status, 200)
  }
  assert.equal((await ask(open.segment)).status, 200)
  await setVisibility('private')
  await becomesGone(open.segment)
  await setVisibility('public')
  assert.equal((await ask(open.segment)).status, 200)
})

test('with PEEKR_X_ACCEL nginx sends segments, and Peekr says who may have them', { skip }, async (t) => {
  await nginx.stop()
  await peekr.stop()
  peekr = await startPeekr({ dataPath, port: peekr.port, env: { ...TRUST, PEEKR_X_ACCEL: '/peekr-library' } })

  // With nothing in its cache.
  nginx = await startShippedNginx({ folder: join(folder, 'accel'), peekrPort: peekr.port, dataPath })

  await t.test('Peekr sends no byte to nginx, and all of them to whoever comes by themselves', async () => {
    const { size } = await stat(open.file)
    const toNginx = await askPeekr(open.segment, NGINX_ADDRESS)
    const place = open.file.replace(join(dataPath, 'library'), '/peekr-library')
    assert.deepEqual([toNginx.status, toNginx.headers['x-accel-redirect'], toNginx.bytes], [200, place, 0])
    const toStranger = await askPeekr(open.segment, '127.0.0.1')
    assert.deepEqual([toStranger.headers['x-accel-redirect'], toStranger.bytes], [undefined, size])
  })

  for (const [name, video, audience] of [
    ['public', open, 'public'],
    ['private, by its token', hidden, 'private'],
  ] as const) {
    await t.test(`the answers are Peekr's own: ${name}`, async () => {
      const bytes = await readFile(video.file)
      const own = await askPeekr(video.segment, '127.0.0.1')
      const whole = await ask(video.segment)
      assert.equal(whole.status, 200)
      assert.ok(whole.body.equals(bytes))
      assert.equal(whole.headers['cache-control'], `${audience}, max-age=31536000, immutable`)
      for (const header of [
        ...['content-type', 'content-length', 'accept-ranges', 'cache-control'],
        ...['x-content-type-options', 'cross-origin-resource-policy', 'access-control-allow-origin'],
      ]) {
        assert.equal(whole.headers[header], own.headers[header], header)
      }
      const etag = whole.headers.etag ?? ''
      assert.equal((await ask(video.segment, { 'if-none-match': etag })).status, 304)
      assert.equal((await ask(video.segment, { 'if-match': '"x"' })).status, 412)
      const size = bytes.length
      for (const [range, start, end] of [
        ['bytes=5-9', 5, 10],
        ['bytes=-7', size - 7, size],
        [`bytes=${size - 3}-`, size - 3, size],
      ] as const) {
        for (const more of [{}, { 'if-range': etag }] as Record<string, string>[]) {
          const part = await ask(video.segment, { range, ...more })
          assert.equal(part.status, 206)
          assert.ok(part.body.equals(bytes.subarray(start, end)), range)
        }
      }
      assert.equal((await ask(video.segment, { range: `bytes=${size}-` })).status, 416)
      assert.equal((await ask(video.segment, { range: 'bytes=0-1,4-5' })).status, 200)
      const head = await ask(video.segment, {}, 'HEAD')
      assert.deepEqual([head.status, head.headers['content-length']], [200, String(size)])
    })
  }

  await t.test('nobody gets in past Peekr', async () => {
    const place = hidden.file.replace(join(dataPath, 'library'), '/peekr-library')
    const token = hidden.segment.split('/')[3] ?? ''
    const bare = hidden.segment.replace(`/t/${token}`, '')
    for (const path of [
      place,
      bare,
      `/stream/t/${token}/../../../peekr-library/`,
      hidden.segment.replace(token, `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`),
      hidden.segment.replace('segment-00000.m4s', '..%2f..%2f..%2fvideo.json'),
      hidden.segment.replace('segment-00000', 'segment-99999'),
    ]) {
      assert.equal((await ask(path)).status, 404, path.replace(token, '…'))
    }
    assert.equal((await ask(open.segment, { 'x-accel-redirect': place, 'x-peekr-hops': '9' })).status, 200)
  })

  await t.test('no token is in nginx’s logs', async () => {
    const log = await nginx.log()
    assert.match(log, /GET \/stream\//)
    assert.doesNotMatch(log, /\/stream\/t\/\w{9}/)
  })

  await t.test('a deleted video is gone at once', async () => {
    await client.call('DELETE', `/api/videos/${hidden.videoId}`)
    assert.equal((await ask(hidden.segment)).status, 404)
  })
})
