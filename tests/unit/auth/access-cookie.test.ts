import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createAccessCookie, readAccessCookie } from '#lib/auth/access-cookie'
import type { Grant } from '#lib/domain/grant'
import { createId } from '#lib/domain/id'

process.env.PEEKR_DATA = mkdtempSync(join(tmpdir(), 'peekr-cookie-'))
const dataPath = process.env.PEEKR_DATA
after(() => rmSync(dataPath, { recursive: true }))

const grant: Grant = { kind: 'password', id: null, version: 4 }

/** What a browser sends after it was given this. */
function toHeader(setCookie: string): string {
  return setCookie.split(';')[0] ?? ''
}

function give(videoId: string, cookie = '', expiresAt?: Date): string {
  const request = new Request('http://peekr.test', { headers: { cookie } })
  return toHeader(createAccessCookie({ request, videoId, grant, ...(expiresAt && { expiresAt }) }))
}

test('one cookie keeps what a browser was given for twenty videos, the newest of them', () => {
  const ids = Array.from({ length: 25 }, createId)
  let cookie = 'theme=dark'
  for (const id of ids) cookie = `theme=dark; ${give(id, cookie)}`
  assert.ok(cookie.length < 2048, `${cookie.length} bytes`)
  for (const [index, id] of ids.entries()) {
    assert.deepEqual(readAccessCookie(cookie, id), index < 5 ? null : grant, `video ${index}`)
  }
})

test('a new grant takes the place of the old one for the same video', () => {
  const videoId = createId()
  const twice = give(videoId, give(videoId))
  assert.equal(twice.split('.').length, 1)
  assert.deepEqual(readAccessCookie(twice, videoId), grant)
})

test('an entry is good for its own video until it ends, and in one spelling', () => {
  const [videoId, otherId] = [createId(), createId()]
  const cookie = give(videoId)
  assert.equal(readAccessCookie(cookie, otherId), null)
  assert.equal(readAccessCookie(cookie.replace(videoId, otherId), otherId), null)
  assert.equal(readAccessCookie(give(videoId, '', new Date(Date.now() - 2000)), videoId), null)
  for (const at of [20, 40, 60, 90]) {
    const index = 'peekr-access='.length + at
    const changed = cookie.slice(0, index) + (cookie[index] === 'A' ? 'B' : 'A') + cookie.slice(index + 1)
    assert.equal(readAccessCookie(changed, videoId), null, `sign ${at}`)
  }
  for (const odd of [
    null,
    '',
    'peekr-access=',
    'peekr-access=....',
    `peekr-access=${videoId}`,
    'peekr-access',
  ]) {
    assert.equal(readAccessCookie(odd, videoId), null)
  }
})

test('the cookie is for no script, for no other site, and by HTTPS alone where it came by HTTPS', () => {
  const cookieBy = (proto: string) =>
    createAccessCookie({
      request: new Request('http://peekr.test', { headers: { 'x-forwarded-proto': proto } }),
      videoId: createId(),
      grant,
    })
  assert.match(cookieBy('http'), /; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/)
  assert.match(cookieBy('https'), /; HttpOnly; SameSite=Lax; Secure$/)
})
