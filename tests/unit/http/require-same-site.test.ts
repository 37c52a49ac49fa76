import assert from 'node:assert/strict'
import { test } from 'node:test'
import { requireSameSite } from '#lib/http/require-same-site'

const COOKIE = { cookie: 'session=1', host: 'videos.example' }

function check(method: string, headers: Record<string, string>): boolean {
  try {
    requireSameSite(method, (name) => headers[name])
    return true
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'cross_site')
    return false
  }
}

test('only what a browser sent from our own pages, or a script without cookies, may write', () => {
  const table: [boolean, string, Record<string, string>][] = [
    [true, 'GET', { ...COOKIE, 'sec-fetch-site': 'cross-site' }],
    [true, 'POST', { ...COOKIE, 'sec-fetch-site': 'same-origin' }],
    [true, 'POST', { ...COOKIE, 'sec-fetch-site': 'none' }],
    [false, 'POST', { ...COOKIE, 'sec-fetch-site': 'cross-site', origin: 'http://videos.example' }],
    [false, 'PATCH', { ...COOKIE, 'sec-fetch-site': 'same-site' }],
    [false, 'post', { host: 'videos.example', 'sec-fetch-site': 'cross-site' }],
    [true, 'POST', { ...COOKIE, origin: 'http://videos.example' }],
    [true, 'POST', { ...COOKIE, origin: 'https://VIDEOS.example:443' }],
    [
      true,
      'DELETE',
      { cookie: 'a', host: 'in', 'x-forwarded-host': 'out.example', origin: 'https://out.example' },
    ],
    [false, 'POST', { ...COOKIE, origin: 'http://videos.example.evil.test' }],
    [false, 'POST', { ...COOKIE, origin: 'http://videos.example:8080' }],
    [false, 'POST', { ...COOKIE, origin: 'null' }],
    [false, 'POST', { host: 'videos.example', origin: 'https://evil.example' }],
    [false, 'POST', COOKIE],
    [true, 'POST', { host: 'videos.example' }],
    [true, 'POST', { ...COOKIE, authorization: 'Bearer x' }],
  ]
  for (const [allowed, method, headers] of table) {
    assert.equal(check(method, headers), allowed, `${method} ${JSON.stringify(headers)}`)
  }
})
