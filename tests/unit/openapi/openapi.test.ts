import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { buildOpenapi } from '#lib/openapi/build-openapi'
import { OPERATIONS } from '#lib/openapi/operations'

const API = join(import.meta.dirname, '../../../app/api')

test('every REST route and method is described, and nothing else is', () => {
  const routes = readdirSync(API, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('route.ts'))
    // next-auth's and tus's own protocols are described in prose.
    .filter((file) => !/^(?:auth|uploads)\//.test(file))
  const served = routes.flatMap((file) => {
    const path = `/api/${file.replace(/\/route\.ts$/, '').replaceAll(/\[(\w+)\]/g, '{$1}')}`
    const methods = readFileSync(join(API, file), 'utf8').matchAll(
      /^export const (GET|POST|PATCH|PUT|DELETE)\b/gm,
    )
    return [...methods].map(([, method]) => `${method?.toLowerCase()} ${path}`)
  })
  const described = OPERATIONS.map(({ method, path }) => `${method} ${path}`)
  assert.deepEqual(described.toSorted(), served.toSorted())
})

test('the description of a body refuses unknown fields, as its handler does', () => {
  const { paths } = buildOpenapi() as { paths: Record<string, Record<string, Record<string, unknown>>> }
  const patch = JSON.stringify(paths['/api/videos/{videoId}']?.patch?.requestBody)
  assert.match(patch, /"additionalProperties":false/)
  assert.match(patch, /"unlisted"/)
  assert.doesNotMatch(patch, /ownerId|state/)
})
