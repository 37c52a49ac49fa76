import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { readJson } from '#lib/http/read-json'

const schema = z.strictObject({ title: z.string() })

function post(
  body: string | ReadableStream,
  type = 'application/json',
  headers: Record<string, string> = {},
) {
  return new Request('http://videos.example/', {
    method: 'POST',
    body,
    headers: { 'content-type': type, ...headers },
    ...(typeof body === 'string' ? {} : { duplex: 'half' }),
  } as RequestInit)
}

test('a valid body is read', async () => {
  assert.deepEqual(await readJson(post('{"title":"é"}', 'application/json; charset=utf-8'), schema), {
    title: 'é',
  })
})

test('a type a form on another site can send is refused', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'text/plain;application/json', '']) {
    await assert.rejects(readJson(post('{"title":"a"}', type), schema), { code: 'unsupported_media_type' })
  }
})

test('a body over 128 KiB is refused, declared or not', async () => {
  const declared = post(JSON.stringify({ title: 'x'.repeat(128 * 1024) }))
  await assert.rejects(readJson(declared, schema), { code: 'too_large' })
  let sent = 0
  const endless = new ReadableStream({
    pull(controller) {
      sent += 65536
      controller.enqueue(new Uint8Array(65536))
    },
  })
  await assert.rejects(readJson(post(endless), schema), { code: 'too_large' })
  assert.ok(sent <= 256 * 1024)
})

test('broken JSON, unknown fields and query operators are refused', async () => {
  await assert.rejects(readJson(post('{'), schema), { code: 'bad_request' })
  await assert.rejects(readJson(post(''), schema), { code: 'bad_request' })
  await assert.rejects(readJson(post('{"title":"a","role":"admin"}'), schema), { name: 'ZodError' })
  await assert.rejects(readJson(post('{"title":{"$ne":null}}'), schema), { name: 'ZodError' })
})
