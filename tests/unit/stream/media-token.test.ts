import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createId } from '#lib/domain/id'
import type { Viewer } from '#lib/domain/permissions'
import { createMediaToken, parseMediaToken } from '#lib/stream/media-token'
import { buildMediaUrl } from '#lib/stream/media-url'
import { parseStreamPath } from '#lib/stream/parse-stream-path'

process.env.PEEKR_DATA = mkdtempSync(join(tmpdir(), 'peekr-token-'))
const dataPath = process.env.PEEKR_DATA
after(() => rmSync(dataPath, { recursive: true }))

const HOUR_MS = 3_600_000
const target = { videoId: createId(), revisionId: createId() }

test('a token lets in for between 6 and 12 hours, then no more', () => {
  const nowMs = Date.now()
  const token = createMediaToken(target, { nowMs })
  assert.ok(parseMediaToken(token, target, { nowMs }))
  assert.ok(parseMediaToken(token, target, { nowMs: nowMs + 6 * HOUR_MS - 1000 }))
  assert.equal(parseMediaToken(token, target, { nowMs: nowMs + 12 * HOUR_MS }), null)
})

test('the same viewer gets the same token for hours, so that a browser’s cache keeps serving', () => {
  const nowMs = 6 * HOUR_MS * 1000 + 60_000
  assert.equal(createMediaToken(target, { nowMs }), createMediaToken(target, { nowMs: nowMs + 5 * HOUR_MS }))
})

test('a token is for one video and one revision', () => {
  const token = createMediaToken(target)
  assert.equal(parseMediaToken(token, { ...target, videoId: createId() }), null)
  assert.equal(parseMediaToken(token, { ...target, revisionId: createId() }), null)
  assert.equal(parseMediaToken(token, { videoId: target.revisionId, revisionId: target.videoId }), null)
})

test('changing any one sign of a token makes it worthless', () => {
  const token = createMediaToken(target)
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
    '\0'.repeat(52),
  ]) {
    assert.equal(parseMediaToken(odd, target), null)
  }
})

test('media of a private video is named with a token, for somebody; all other media without', () => {
  const viewer: Viewer = { userId: 'u', name: 'n', email: 'e', role: 'viewer', scopes: [], via: 'session' }
  const media = { ...target, path: 'poster.jpg', viewer }
  const plain = `/stream/${target.videoId}/${target.revisionId}/poster.jpg`
  assert.equal(buildMediaUrl({ ...media, visibility: 'public' }), plain)
  assert.equal(buildMediaUrl({ ...media, visibility: 'unlisted', viewer: null }), plain)
  assert.equal(buildMediaUrl({ ...media, visibility: 'private', viewer: null }), plain)
  const parsed = parseStreamPath(buildMediaUrl({ ...media, visibility: 'private' }))
  assert.ok(parsed?.token && parseMediaToken(parsed.token, target))
})
