import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { PeekrError } from '#lib/errors'
import { toErrorBody, toErrorResponse } from '#lib/http/error-response'
import { configureLog } from '#lib/log'

configureLog('silent')

test('a known error keeps its status, code, sentence and fields, and is never cached', async () => {
  const error = new PeekrError('email_taken', { fields: { email: 'is taken' }, details: { secret: 'x' } })
  const response = toErrorResponse(error, 'request-1')
  assert.equal(response.status, 409)
  assert.equal(response.headers.get('cache-control'), 'private, no-store')
  assert.deepEqual(await response.json(), {
    error: {
      code: 'email_taken',
      message: error.message,
      requestId: 'request-1',
      fields: { email: 'is taken' },
    },
  })
})

test('what is not known says nothing of its cause', () => {
  const { status, body } = toErrorBody(new Error('ENOENT /srv/private/file'), 'request-2')
  assert.equal(status, 500)
  assert.equal(body.error.code, 'internal')
  assert.doesNotMatch(JSON.stringify(body), /ENOENT|srv/)
})

test('a database that is away answers 503 with Retry-After, also when it is only the cause', () => {
  const away = Object.assign(new Error('connect ECONNREFUSED'), { name: 'MongoServerSelectionError' })
  const buffering = Object.assign(new Error('Operation `users.findOne()` buffering timed out after 2000ms'), {
    name: 'MongooseError',
  })
  for (const error of [away, buffering, new Error('could not read', { cause: away })]) {
    const { status, headers, body } = toErrorBody(error, 'request-3')
    assert.equal(status, 503)
    assert.equal(body.error.code, 'database_away')
    assert.equal(headers['retry-after'], '2')
  }
})

test('a schema refusal names every field by its path', () => {
  const schema = z.strictObject({ title: z.string(), tags: z.array(z.string()) })
  const parsed = schema.safeParse({ title: { $ne: null }, tags: ['a', 1], role: 'admin' })
  assert.ok(parsed.error)
  const { status, body } = toErrorBody(parsed.error, 'request-4')
  assert.equal(status, 400)
  assert.equal(body.error.code, 'invalid_input')
  assert.deepEqual(Object.keys(body.error.fields ?? {}).sort(), ['role', 'tags.1', 'title'])
})
