import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from '#lib/config'
import { isPeekrError } from '#lib/errors'

test('without any variable every setting has its default', () => {
  const config = parseConfig({})
  assert.equal(config.port, 3000)
  assert.equal(config.mongodbUri, null)
  assert.equal(config.sandbox, 'bwrap')
  assert.equal(config.segmentFormat, 'fmp4')
  assert.equal(config.originals, 'remove')
  assert.ok(config.dataPath.startsWith('/'), 'the data folder is absolute')
})

test('an empty variable counts as unset', () => {
  assert.equal(parseConfig({ PORT: '', PEEKR_URL: '' }).port, 3000)
})

test('sizes are read with their units', () => {
  assert.equal(parseConfig({ PEEKR_MAX_UPLOAD: '1.5G' }).uploadSizeBytesMax, 1.5 * 1024 ** 3)
  assert.equal(parseConfig({ PEEKR_CACHE: '64MiB' }).cacheSizeBytes, 64 * 1024 ** 2)
  assert.equal(parseConfig({ PEEKR_RESERVE: '123' }).reserveBytes, 123)
})

test('a public address loses its trailing slash', () => {
  assert.equal(
    parseConfig({ PEEKR_URL: 'https://videos.example.org/' }).publicUrl,
    'https://videos.example.org',
  )
})

test('every bad variable is reported at once, and the values are not echoed', () => {
  const bad = {
    PORT: '99999',
    PEEKR_SANDBOX: 'maybe',
    MONGODB_URI: 'postgres://user:hunter2@host',
    PEEKR_JOBS: 'many',
    PEEKR_QUOTA: 'lots',
    PEEKR_URL: 'ftp://example.org',
  }
  assert.throws(
    () => parseConfig(bad),
    (error: unknown) => {
      assert.ok(isPeekrError(error) && error.code === 'config_invalid')
      for (const name of Object.keys(bad)) assert.match(error.message, new RegExp(`^ {2}${name}: `, 'm'))
      assert.doesNotMatch(error.message, /hunter2/)
      return true
    },
  )
})

test('a ladder is a list of heights, and anything else is said to be none', () => {
  assert.deepEqual(parseConfig({ PEEKR_LADDER: '1080, 480 240' }).ladder.shortSides, [1080, 480, 240])
  for (const PEEKR_LADDER of ['high', '1081', '0', '99999']) {
    assert.throws(() => parseConfig({ PEEKR_LADDER }), /PEEKR_LADDER: must be heights/)
  }
})
