import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { cutStalledReader } from '#lib/http/cut-stalled-reader'

const STALL_MS = 400
const IDLE_MS = 1_400

let answer: (res: ServerResponse) => void
const server = createServer((_req, res) => {
  cutStalledReader(res, { stallMs: STALL_MS, idleMs: IDLE_MS })
  answer(res)
})

before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
after(() => {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
})

/** Milliseconds until the server closes, and what came until then. */
function ask({ reads }: { reads: boolean }): Promise<{ ms: number; received: string }> {
  const startedAt = performance.now()
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  let received = ''
  if (reads) socket.on('data', (piece) => (received += piece.length < 1000 ? piece.toString() : ''))
  return new Promise((resolve) => {
    const settle = () => resolve({ ms: performance.now() - startedAt, received })
    socket.on('error', settle).on('close', settle)
    if (!reads) server.once('connection', (peer) => peer.once('close', () => socket.destroy()))
  })
}

test('a reader that takes nothing is cut in time', async () => {
  answer = (res) => res.end(Buffer.alloc(32 * 1024 * 1024))
  const { ms } = await ask({ reads: false })
  assert.ok(ms < STALL_MS * 2.5, `cut after ${ms} ms`)
})

test('a handler that thinks for longer than a stall is waited for', async () => {
  answer = async (res) => {
    await sleep(STALL_MS * 2)
    res.end('thought of something')
  }
  const { received } = await ask({ reads: true })
  assert.match(received, /thought of something/)
})

test('an exchange in which nothing happens at all is cut too, only later', async () => {
  answer = () => {}
  const { ms, received } = await ask({ reads: true })
  assert.equal(received, '')
  assert.ok(ms > IDLE_MS - STALL_MS && ms < IDLE_MS * 2, `cut after ${ms} ms`)
})
