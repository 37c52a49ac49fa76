import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PeekrError } from '#lib/errors'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'

const options = { database: false }
const context = { params: Promise.resolve({ id: 'a' }) }
const address = 'http://videos.example/api/x'

test('an answer carries the request’s id and is never cached', async () => {
  const route = apiRoute<{ id: string }>(
    async ({ params, clientAddress }) => jsonResponse({ ...params, clientAddress }, { status: 201 }),
    options,
  )
  const headers = { 'x-request-id': 'request-1', 'x-peekr-client': '203.0.113.9' }
  const response = await route(new Request(address, { headers }), context)
  assert.equal(response.status, 201)
  assert.equal(response.headers.get('x-request-id'), 'request-1')
  assert.equal(response.headers.get('cache-control'), 'private, no-store')
  assert.deepEqual(await response.json(), { id: 'a', clientAddress: '203.0.113.9' })
})

test('what a handler throws becomes the one error shape', async () => {
  const route = apiRoute(async () => {
    throw new PeekrError('not_found')
  }, options)
  const response = await route(new Request(address), { params: Promise.resolve({}) })
  assert.equal(response.status, 404)
  const { error } = (await response.json()) as { error: { code: string; requestId: string } }
  assert.equal(error.code, 'not_found')
  assert.equal(error.requestId, response.headers.get('x-request-id'))
})

test('a write from another site never reaches its handler', async () => {
  let calls = 0
  const route = apiRoute(async () => {
    calls += 1
    return jsonResponse({})
  }, options)
  const headers = { cookie: 'session=1', 'sec-fetch-site': 'cross-site' }
  const response = await route(new Request(address, { method: 'POST', headers }), {
    params: Promise.resolve({}),
  })
  assert.equal(response.status, 403)
  assert.equal(calls, 0)
})
