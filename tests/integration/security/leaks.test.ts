import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import type { LeakReport } from '#lib/domain/leak-view'
import { KINDS, type Kind, MEDIA_PATHS, openWorld, type World, writeRevision } from './matrix-world.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const OPENSSL = '/usr/bin/openssl'
const noOpenssl = existsSync(OPENSSL) ? false : 'openssl is not installed'

let world: World
const proxies: Server[] = []
before(async () => {
  world = await openWorld({ paths: MEDIA_PATHS })
})
after(async () => {
  for (const proxy of proxies) {
    proxy.closeAllConnections()
    await new Promise((done) => proxy.close(done))
  }
  await world.close()
})

interface Reply {
  status: number
  body: Buffer
}

/** A proxy in front of Peekr that somebody has set up badly. */
async function startProxy(
  answer: (
    req: IncomingMessage,
    pass: (headers?: Record<string, string>, to?: string) => Promise<Reply>,
  ) => Promise<Reply>,
  tls?: { key: Buffer; cert: Buffer },
): Promise<string> {
  const { port } = world.doors.on
  const listener = (req: IncomingMessage, res: ServerResponse) => {
    const pass = (headers: Record<string, string> = {}, to = req.url) =>
      new Promise<Reply>((done, reject) => {
        const { method } = req
        const sent = request({ port, method, path: to, headers: { ...req.headers, ...headers } }, (got) => {
          const pieces: Buffer[] = []
          got.on('data', (piece: Buffer) => pieces.push(piece))
          got.on('end', () => done({ status: got.statusCode ?? 0, body: Buffer.concat(pieces) }))
        })
        sent.on('error', reject)
        sent.end()
      })
    answer(req, pass).then(
      ({ status, body }) => res.writeHead(status).end(body),
      () => res.destroy(),
    )
  }
  const proxy = tls ? createTlsServer(tls, listener) : createServer(listener)
  proxies.push(proxy)
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done))
  return `${tls ? 'https' : 'http'}://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}

test('nothing comes out of a server as it is, of no kind of video, through both doors', async (t) => {
  await addWhatPlaysBeside()
  const answer = await fetch(`${world.doors.on.url}/api/admin/leaks`, {
    method: 'POST',
    headers: {
      ...world.headersOf('admin'),
      'sec-fetch-site': 'same-origin',
      'content-type': 'application/json',
    },
    body: '{}',
  })
  assert.equal(answer.status, 200)
  const report = (await answer.json()) as LeakReport
  t.diagnostic(`${report.askedCount} requests in ${report.tookMs} ms`)
  assert.deepEqual(report.leaks, [])
  assert.deepEqual(report.notes, [])
  assert.equal(report.passed, true)
  const tried = { ...Object.fromEntries(KINDS.map((kind) => [kind, 1])), private: 2, uploading: 1 }
  assert.deepEqual(report.videos, tried, 'what was replaced counts as one more')
  for (const visibility of ['password', 'people', 'private', 'deleted', 'uploading']) {
    for (const door of ['front', 'handler']) {
      const tried = report.rows.filter((row) => row.visibility === visibility && row.door === door)
      const names = new Set(tried.map(({ attempt }) => attempt))
      for (const name of [
        'nobody',
        'an expired token',
        "another video's token",
        'the wrong account',
        'a disabled account',
        'the token of a link that was revoked',
        'another spelling of the address',
        'the header x-middleware-subrequest',
        'the header x-original-url',
        'the header x-rewrite-url',
      ]) {
        assert.ok(names.has(name), `${visibility}, ${door}: ${name}`)
      }
    }
  }
})

test('the command finds a cache that mixes people up, a header that is believed, and a folder that is handed out', async () => {
  await leaveOnly('public', 'private')
  const kept = new Map<string, Reply>()
  const url = await startProxy(async (req, pass) => {
    const path = req.url ?? ''
    if (path.startsWith('/library/')) {
      const body = await readFile(join(world.doors.on.dataPath, path)).catch(() => null)
      return body === null ? { status: 404, body: Buffer.alloc(0) } : { status: 200, body }
    }
    const rewritten = req.headers['x-rewrite-url']
    if (typeof rewritten === 'string') return pass(world.headersOf('admin'), rewritten)
    // Keeps pictures alone, and not what was asked for with a trick.
    const isKept = path.endsWith('/poster.jpg') && req.method === 'GET'
    const reply = (isKept && kept.get(path)) || (await pass())
    if (isKept && reply.status === 200) kept.set(path, reply)
    return reply
  })
  const { status, stdout } = await runCommand({}, '--url', url, '--json')
  assert.equal(status, 1)
  const { passed, leaks } = JSON.parse(stdout) as LeakReport
  assert.equal(passed, false)
  const find = (attempt: string, part: string) =>
    leaks.find((leak) => leak.attempt === attempt && leak.request.includes(part))
  assert.equal(find('nobody', '/poster.jpg')?.reason, 'the bytes of the file are in the answer')
  assert.equal(find('another spelling of the address', '/library/')?.status, 200)
  assert.ok(find('the header x-rewrite-url', ' /'), 'the header that is believed')
  assert.equal(find('the header x-original-url', ''), undefined)
  assert.ok(!/\/stream\/t\/[\w-]{20}/.test(stdout), 'no token is printed')
})

/** What a video played until a moment ago, and a public one of which half has come. */
async function addWhatPlaysBeside(): Promise<void> {
  const { videoId } = world.videos.private
  const former = { revisionId: createId(), until: new Date(Date.now() + 600_000) }
  await writeRevision(join(world.doors.on.dataPath, 'library', videoId, 'revisions', former.revisionId))
  await VideoModel.updateOne({ _id: videoId }, { $set: { former } })
  const upload = await world.makeVideo('public', 'uploading')
  const early = { id: upload.revisionId, availableSeconds: 4, sentence: null, beatAt: new Date() }
  await VideoModel.updateOne({ _id: upload.videoId }, { $set: { early } })
}

/** The sample is drawn from what plays: for what is in front of Peekr one closed video shows what five do. */
async function leaveOnly(...kinds: Kind[]): Promise<void> {
  const others = KINDS.filter((kind) => !kinds.includes(kind)).map((kind) => world.videos[kind].videoId)
  const update = (filter: Record<string, unknown>, change: Record<string, null>) =>
    VideoModel.updateMany(filter, { $set: change }).setOptions({ sanitizeFilter: false })
  await update({ _id: { $in: others } }, { revision: null })
  await update({}, { former: null, early: null })
}

test('a site with HTTPS is asked over it, by an address whose certificate is trusted', {
  skip: noOpenssl,
}, async () => {
  await leaveOnly('public')
  const folder = await mkdtemp(join(tmpdir(), 'peekr-leaks-'))
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
    const kind = [
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ]
    await promisify(execFile)(OPENSSL, ['req', ...kind, ...subject, '-keyout', key, '-out', cert])
    const tls = { key: await readFile(key), cert: await readFile(cert) }
    const url = (await startProxy((_, pass) => pass(), tls)).replace('127.0.0.1', 'localhost')
    const untrusted = await runCommand({}, '--url', url)
    assert.equal(untrusted.status, 1)
    assert.match(untrusted.stderr, /^The certificate of https:.* is not one this machine trusts/)
    const { status, stdout } = await runCommand({ PEEKR_URL: url, NODE_EXTRA_CA_CERTS: cert }, '--json')
    const report = JSON.parse(stdout) as LeakReport
    assert.deepEqual(report.leaks, [])
    assert.ok(report.askedCount > 20)
    assert.equal(status, 0)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('the command says what to do when nobody answers', async () => {
  const { status, stderr } = await runCommand({}, '--url', 'http://127.0.0.1:9')
  assert.equal(status, 1)
  assert.equal(
    stderr.trim(),
    'Peekr does not answer at http://127.0.0.1:9. Start it, or name its address with --url.',
  )
})

async function runCommand(more: Record<string, string>, ...args: string[]) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const settings = { PEEKR_DATA: world.doors.on.dataPath, PEEKR_LOG_LEVEL: 'silent' }
  const command = [
    '--disable-warning=ExperimentalWarning',
    'bin/main.ts',
    'doctor',
    'leaks',
    '--count',
    '1',
    ...args,
  ]
  try {
    const done = await promisify(execFile)(process.execPath, command, {
      cwd: ROOT,
      env: { ...env, ...settings, ...more, ...(world.databaseUri && { MONGODB_URI: world.databaseUri }) },
      maxBuffer: 10 ** 7,
    })
    return { status: 0, ...done }
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { status: code, stdout, stderr }
  }
}
