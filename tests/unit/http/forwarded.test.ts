import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { applyForwarded } from '#lib/http/apply-forwarded'
import { getTrust, resolveForwarded } from '#lib/http/forwarded'

/** As much of a Node request as the functions read. */
function request(remoteAddress: string, headers: Record<string, string>): IncomingMessage {
  return {
    headers: { ...headers },
    rawHeaders: Object.entries(headers).flat(),
    socket: { remoteAddress, localAddress: '192.168.1.2', localPort: 3000 },
  } as unknown as IncomingMessage
}

const HOSTILE = {
  host: 'videos.example',
  'x-forwarded-for': '6.6.6.6, 10.0.0.7',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'https',
}

test('a stranger’s X-Forwarded headers change nothing', () => {
  assert.deepEqual(resolveForwarded(request('9.9.9.9', HOSTILE), ['loopback']), {
    clientAddress: '9.9.9.9',
    host: 'videos.example',
    protocol: 'http',
    hops: 0,
  })
  assert.equal(resolveForwarded(request('127.0.0.1', HOSTILE), []).clientAddress, '127.0.0.1')
})

test('a trusted proxy is believed, and what the client put before it is passed over', () => {
  const req = request('::ffff:127.0.0.1', {
    host: '127.0.0.1:3000',
    'x-forwarded-for': '6.6.6.6, 203.0.113.9',
    'x-forwarded-host': 'evil.example, videos.example',
    'x-forwarded-proto': 'https',
  })
  assert.deepEqual(resolveForwarded(req, ['loopback']), {
    clientAddress: '203.0.113.9',
    host: 'videos.example',
    protocol: 'https',
    hops: 1,
  })
})

test('a chain of trusted proxies is followed to the first address that is not one', () => {
  const req = request('10.0.0.1', { host: 'inner', 'x-forwarded-for': '6.6.6.6, 203.0.113.9, 10.0.0.2' })
  const { clientAddress, hops } = resolveForwarded(req, ['10.0.0.0/8'])
  assert.equal(clientAddress, '203.0.113.9')
  assert.equal(hops, 2)
})

test('nonsense from a trusted proxy falls back to what is known', () => {
  const req = request('127.0.0.1', {
    host: 'videos.example:8080',
    'x-forwarded-for': 'unknown, <script>',
    'x-forwarded-host': 'a.example/path?x=@evil',
    'x-forwarded-proto': 'javascript',
  })
  assert.deepEqual(resolveForwarded(req, ['loopback']), {
    clientAddress: '127.0.0.1',
    host: 'videos.example:8080',
    protocol: 'http',
    hops: 1,
  })
  const bad = request('127.0.0.1', { host: 'a b\\c' })
  assert.equal(resolveForwarded(bad, []).host, '192.168.1.2:3000')
})

test('a list that is not addresses is refused with the setting’s name', () => {
  assert.throws(() => getTrust(['my-proxy']), { code: 'config_invalid', message: /PEEKR_TRUSTED_PROXIES/ })
})

test('behind the front door only the truth is left of forwarding and framework headers', () => {
  const req = request('9.9.9.9', {
    ...HOSTILE,
    forwarded: 'for=6.6.6.6;host=evil.example',
    'x-real-ip': '6.6.6.6',
    'x-peekr-client': '6.6.6.6',
    'x-request-id': 'chosen-by-client',
    'x-middleware-subrequest': 'middleware:middleware',
    'x-nextjs-data': '1',
    'x-invoke-path': '/admin',
    'x-prerender-revalidate': 'guess',
    'next-action': 'abc',
    'next-resume': '1',
    rsc: '1',
    'next-router-state-tree': '[]',
    'next-url': '/',
    cookie: 'a=b',
    range: 'bytes=0-1',
  })
  const { requestId } = applyForwarded(req, ['loopback'])
  assert.notEqual(requestId, 'chosen-by-client')
  const expected = {
    host: 'videos.example',
    rsc: '1',
    'next-router-state-tree': '[]',
    'next-url': '/',
    cookie: 'a=b',
    range: 'bytes=0-1',
    'x-forwarded-host': 'videos.example',
    'x-forwarded-proto': 'http',
    'x-forwarded-for': '9.9.9.9',
    'x-peekr-client': '9.9.9.9',
    'x-peekr-hops': '0',
    'x-request-id': requestId,
  }
  assert.deepEqual(req.headers, expected)
  assert.deepEqual(req.rawHeaders, Object.entries(expected).flat())
})

test('a trusted proxy’s request id is kept when it looks like one', () => {
  const id = 'a1b2c3d4-from-proxy'
  assert.equal(applyForwarded(request('127.0.0.1', { 'x-request-id': id }), ['loopback']).requestId, id)
  const odd = 'x\n{"level":60}'
  assert.notEqual(applyForwarded(request('127.0.0.1', { 'x-request-id': odd }), ['loopback']).requestId, odd)
})
