import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { WINDOW_MS } from '#lib/auth/rate-limit'
import { type RunningPeekr, startPeekr } from '../support/server.ts'

const NGINX = '/usr/sbin/nginx'
const skip = existsSync(NGINX) ? false : 'nginx is not installed'
const ANA = { email: 'ana@example.org', password: 'correct horse battery' }

let peekr: RunningPeekr
let folder = ''
let nginx: ChildProcess | null = null
let nginxPort = 0

before(async () => {
  // Only what comes from 127.0.0.2 is the proxy's; a test that asks from 127.0.0.1 is a stranger.
  peekr = await startPeekr({ env: { PEEKR_TRUSTED_PROXIES: '127.0.0.2' } })
  const answer = await ask({
    url: `${peekr.url}/api/setup`,
    json: { ...ANA, name: 'Ana', code: peekr.setupCode },
  })
  assert.equal(answer.status, 201, answer.body)
  if (!skip) await startNginx()
})

after(async () => {
  nginx?.kill('SIGQUIT')
  if (nginx && nginx.exitCode === null) await once(nginx, 'exit')
  await peekr?.stop()
  if (folder) await rm(folder, { recursive: true, force: true })
})

test('signing in works over plain HTTP under whatever name the browser uses', async () => {
  for (const host of [`192.168.1.20:${peekr.port}`, 'nas.local', `[fe80::1]:${peekr.port}`]) {
    const { answer, cookie } = await signIn(peekr.url, { host })
    assert.deepEqual([answer.status, JSON.parse(answer.body)], [200, { url: `http://${host}/` }])
    for (const set of answer.cookies) assert.ok(!/; secure/i.test(set), set)
    const me = await ask({ url: `${peekr.url}/api/me`, headers: { host, cookie } })
    assert.equal(JSON.parse(me.body).email, ANA.email)
  }
})

test('signing in works behind nginx with HTTPS, and every cookie is Secure', { skip }, async () => {
  const base = `https://127.0.0.1:${nginxPort}`
  const headers = { host: 'videos.example.org' }
  const { answer, cookie } = await signIn(base, headers)
  assert.deepEqual([answer.status, JSON.parse(answer.body)], [200, { url: 'https://videos.example.org/' }])
  assert.ok(answer.cookies.some((set) => set.startsWith('__Secure-next-auth.session-token=')))
  for (const set of answer.cookies) assert.ok(/; secure/i.test(set), set)
  const me = await ask({ url: `${base}/api/me`, headers: { ...headers, cookie } })
  assert.equal(JSON.parse(me.body).email, ANA.email)

  const patched = await ask({
    url: `${base}/api/me`,
    method: 'PATCH',
    headers: { ...headers, cookie, origin: 'https://videos.example.org' },
    json: { name: 'Ana B.', password: { current: ANA.password, next: ANA.password } },
  })
  assert.equal(patched.status, 200, patched.body)
  assert.ok(/^__Secure-.*; Secure$/.test(patched.cookies[0] ?? ''), patched.cookies[0])
  assert.equal((await ask({ url: `${base}/api/me`, headers: { ...headers, cookie } })).status, 401)
})

test('forwarded headers of a stranger change neither origin, nor scheme, nor who is counted', async () => {
  const spoofed = {
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
    'x-peekr-client': '192.0.2.1',
  }
  const { answer } = await signIn(peekr.url, { host: 'nas.local', ...spoofed })
  assert.deepEqual(JSON.parse(answer.body), { url: 'http://nas.local/' })
  for (const set of answer.cookies) assert.ok(!/; secure/i.test(set) && !set.includes('evil'), set)
})

test("a client's own X-Forwarded-For does not get it more guesses, through nginx or past it", {
  skip,
}, async () => {
  // Counting goes by windows of the clock; crossing from one to the next would forgive some.
  const leftMs = WINDOW_MS - (Date.now() % WINDOW_MS)
  if (leftMs < 30_000) await sleep(leftMs)
  for (const base of [peekr.url, `https://127.0.0.1:${nginxPort}`]) {
    const statuses: number[] = []
    for (let number = 1; number <= 11; number += 1) {
      const headers = {
        host: 'nas.local',
        'x-forwarded-for': `203.0.113.${number}`,
        'x-peekr-client': `203.0.113.${number}`,
      }
      const { answer } = await signIn(base, headers, {
        email: `nobody@${base.slice(0, 5)}.example`,
        password: 'wrong horse',
      })
      statuses.push(answer.status)
    }
    // Ten for the account; the address's thirty are spent by both rounds together only if both are one client.
    assert.deepEqual(statuses, [...Array<number>(10).fill(401), 429])
  }
  let last = 0
  for (let number = 1; number <= 12 && last !== 429; number += 1) {
    const headers = { host: 'nas.local', 'x-forwarded-for': `198.51.100.${number}` }
    const { answer } = await signIn(peekr.url, headers, {
      email: `nobody-${number}@example.org`,
      password: 'wrong horse',
    })
    last = answer.status
  }
  assert.equal(last, 429)
})

test('a body that is no form of plain texts is refused, and odd actions are not there', async () => {
  const url = `${peekr.url}/api/auth/callback/credentials`
  const json = { email: { $ne: null }, password: { $ne: null }, csrfToken: 'x' }
  assert.equal((await ask({ url, json })).status, 400)
  assert.equal((await ask({ url, form: { email: 'x'.repeat(20_000) } })).status, 413)
  assert.equal(
    (await ask({ url: `${peekr.url}/api/auth/_log`, form: { level: 'error', code: 'x' } })).status,
    404,
  )
  assert.equal((await ask({ url: `${peekr.url}/api/auth/verify-request` })).status, 404)
})

interface Ask {
  url: string
  method?: string
  headers?: Record<string, string>
  json?: unknown
  form?: Record<string, string>
}

interface Answer {
  status: number
  body: string
  cookies: string[]
}

/** Node's own client, because fetch neither sends a Host of one's choice nor accepts a self-signed certificate. */
async function ask({ url, method, headers = {}, json, form }: Ask): Promise<Answer> {
  const body = json !== undefined ? JSON.stringify(json) : form && new URLSearchParams(form).toString()
  const type = json !== undefined ? 'application/json' : 'application/x-www-form-urlencoded'
  const send = url.startsWith('https:') ? httpsRequest : httpRequest
  const request = send(url, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(body !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
      ...headers,
    },
    agent: false,
    rejectUnauthorized: false,
  })
  request.end(body)
  const [response] = await once(request, 'response')
  const pieces: Buffer[] = []
  for await (const piece of response) pieces.push(piece)
  return {
    status: response.statusCode,
    body: Buffer.concat(pieces).toString('utf8'),
    cookies: response.headers['set-cookie'] ?? [],
  }
}

async function signIn(base: string, headers: Record<string, string>, credentials = ANA) {
  const csrf = await ask({ url: `${base}/api/auth/csrf`, headers })
  const jar = (cookies: string[]) => cookies.map((set) => set.split(';')[0]).join('; ')
  const answer = await ask({
    url: `${base}/api/auth/callback/credentials`,
    headers: { ...headers, cookie: jar(csrf.cookies) },
    form: { ...credentials, csrfToken: JSON.parse(csrf.body).csrfToken, json: 'true' },
  })
  const all = [...csrf.cookies, ...answer.cookies]
  return { answer: { ...answer, cookies: all }, cookie: jar(answer.cookies) }
}

async function startNginx(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'peekr-nginx-'))
  nginxPort = await findFreePort()
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
    ...[
      '-subj',
      '/CN=videos.example.org',
      '-keyout',
      join(folder, 'key.pem'),
      '-out',
      join(folder, 'cert.pem'),
    ],
  ])
  // What the README tells people to write, with the paths of this test.
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
    events { worker_connections 64; }
    http {
      access_log off;
      client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
      server {
        listen 127.0.0.1:${nginxPort} ssl;
        ssl_certificate ${folder}/cert.pem;
        ssl_certificate_key ${folder}/key.pem;
        location / {
          proxy_pass ${peekr.url};
          proxy_bind 127.0.0.2;
          proxy_set_header Host $host;
          proxy_set_header X-Forwarded-Host $host;
          proxy_set_header X-Forwarded-Proto $scheme;
          proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        }
      }
    }`,
  )
  nginx = spawn(NGINX, ['-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf'), '-p', folder], {
    stdio: 'inherit',
  })
  for (const deadlineMs = Date.now() + 10_000; Date.now() < deadlineMs; await sleep(50)) {
    const answer = await ask({ url: `https://127.0.0.1:${nginxPort}/api/health` }).catch(() => null)
    if (answer?.status === 200) return
  }
  throw new Error('nginx did not answer within 10 s.')
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('The system gave no port.')
  return address.port
}
