import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openGrant, signGrant } from '#lib/auth/signed-grant'
import type { Grant } from '#lib/domain/grant'
import { createId } from '#lib/domain/id'
import { createMediaToken, parseMediaToken } from '#lib/stream/media-token'
import { buildMediaUrl } from '#lib/stream/media-url'
import { parseStreamPath } from '#lib/stream/parse-stream-path'

process.env.PEEKR_DATA = mkdtempSync(join(tmpdir(), 'peekr-token-'))
const dataPath = process.env.PEEKR_DATA
after(() => rmSync(dataPath, { recursive: true }))

const HOUR_MS = 3_600_000
const grant: Grant = { kind: 'session', id: createId(), version: 3 }
const target = { videoId: createId(), revisionId: createId() }

test('a token lets in for between 6 and 12 hours, then no more', () => {
  const nowMs = Date.now()
  const token = createMediaToken(target, grant, { nowMs })
  assert.ok(parseMediaToken(token, target, { nowMs }))
  assert.ok(parseMediaToken(token, target, { nowMs: nowMs + 6 * HOUR_MS - 1000 }))
  assert.equal(parseMediaToken(token, target, { nowMs: nowMs + 12 * HOUR_MS }), null)
})

test('the same viewer gets the same token for hours, so that a browser’s cache keeps serving', () => {
  const nowMs = 6 * HOUR_MS * 1000 + 60_000
  assert.equal(
    createMediaToken(target, grant, { nowMs }),
    createMediaToken(target, grant, { nowMs: nowMs + 5 * HOUR_MS }),
  )
})

test('a token is for one video and one revision', () => {
  const token = createMediaToken(target, grant)
  assert.equal(parseMediaToken(token, { ...target, videoId: createId() }), null)
  assert.equal(parseMediaToken(token, { ...target, revisionId: createId() }), null)
  assert.equal(parseMediaToken(token, { videoId: target.revisionId, revisionId: target.videoId }), null)
})

test('changing any one sign of a token makes it worthless', () => {
  const token = createMediaToken(target, grant)
  for (let index = 0; index < token.length; index++) {
    const sign = token[index] === 'A' ? 'B' : 'A'
    const tampered = token.slice(0, index) + sign + token.slice(index + 1)
    assert.equal(parseMediaToken(tampered, target), null, `sign ${index}`)
  }
  for (const odd of [
    '',
    token.slice(0, -1),
    `${token}A`,
    `${token}=`,
    token.replace(/^./, '+'),
    '\0'.repeat(80),
  ]) {
    assert.equal(parseMediaToken(odd, target), null)
  }
})

test('a token holds the grant it was made from, whatever its kind', () => {
  const kinds: Grant[] = [
    grant,
    { kind: 'token', id: createId(), version: 0 },
    { kind: 'link', id: createId(), version: 0 },
    { kind: 'password', id: null, version: 7 },
  ]
  for (const kind of kinds) {
    assert.deepEqual(parseMediaToken(createMediaToken(target, kind), target)?.grant, kind)
  }
})

test('what lets in to a video’s page is no media token, and the other way round', () => {
  const ids = [target.videoId, target.revisionId]
  const end = Date.now() / 1000 + 60
  assert.equal(parseMediaToken(signGrant(grant, { scope: 'enter', ids }, end), target), null)
  assert.equal(openGrant(createMediaToken(target, grant), { scope: 'enter', ids }), null)
})

test('media is named with a token where there is a grant behind it, and without where nothing is needed', () => {
  const media = { ...target, path: 'poster.jpg' }
  assert.equal(
    buildMediaUrl({ ...media, grant: null }),
    `/stream/${target.videoId}/${target.revisionId}/poster.jpg`,
  )
  const parsed = parseStreamPath(buildMediaUrl({ ...media, grant }))
  assert.deepEqual(parsed?.token && parseMediaToken(parsed.token, target)?.grant, grant)
})
