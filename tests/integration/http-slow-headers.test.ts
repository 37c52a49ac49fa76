import assert from 'node:assert/strict'
import { type AddressInfo, connect } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createHttpServer, SLOW_LIMITS } from '#lib/http/create-http-server'

const HEADERS_MS = 300
const LOOK_MS = 50

const server = createHttpServer(
  async (req, res) => {
    for await (const _ of req) if (req.destroyed) return
    res.end('whole')
  },
  { limits: { headersMs: HEADERS_MS, headersLookMs: LOOK_MS } },
)

before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
after(() => {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
})

/** Sends these with a rest after each, and takes what comes until the server closes. */
async function send(pieces: string[], restMs: number): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  let received = ''
  const closed = new Promise<void>((resolve) => {
    socket.on('data', (piece) => (received += piece.toString()))
    socket.on('error', () => {}) // being cut may show as a reset
    socket.on('close', () => resolve())
  })
  for (const piece of pieces) {
    if (socket.writable) socket.write(piece)
    await sleep(restMs)
  }
  await closed
  return received
}

const HEAD = 'POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'

test('a connection is cut whose headers do not come, or come drop by drop', async () => {
  const [silent, half, drops] = await Promise.all([
    send([], 0),
    send([HEAD], 0),
    send([HEAD, ...Array.from({ length: 40 }, (_, i) => `X-${i}: x\r\n`)], 50),
  ])
  assert.match(silent, /^HTTP\/1\.1 408 /)
  assert.match(half, /^HTTP\/1\.1 408 /)
  // What was sent into the cut connection may have it reset before the answer is read.
  assert.match(drops, /^HTTP\/1\.1 408 |^$/)
})

test('a body may take longer than that', async () => {
  const answer = await send([`${HEAD}Content-Length: 4\r\n\r\n`, 'a', 'b', 'c', 'd'], HEADERS_MS / 2)
  assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*whole/)
})

test('the server that people use cuts slow headers within 90 s', () => {
  const production = createHttpServer(() => {})
  assert.equal(production.headersTimeout, SLOW_LIMITS.headersMs)
  assert.ok(SLOW_LIMITS.headersMs + SLOW_LIMITS.headersLookMs <= 90_000)
  assert.equal(production.requestTimeout, 0)
})
