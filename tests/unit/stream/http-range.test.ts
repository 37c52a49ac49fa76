import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { matchesIfMatch, matchesIfNoneMatch, matchesIfRange, parseRange } from '#lib/stream/http-range'

test('ranges of a 10,000 byte file are read as RFC 9110 §14.1.2 shows them', () => {
  const table: [string | null, ReturnType<typeof parseRange>][] = [
    [null, 'whole'],
    ['bytes=0-499', { start: 0, end: 499 }],
    ['bytes=500-999', { start: 500, end: 999 }],
    ['bytes=-500', { start: 9500, end: 9999 }],
    ['bytes=9500-', { start: 9500, end: 9999 }],
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=-1', { start: 9999, end: 9999 }],
    ['BYTES=0-9', { start: 0, end: 9 }],
    ['bytes=0-', { start: 0, end: 9999 }],
    ['bytes=9999-99999', { start: 9999, end: 9999 }],
    ['bytes=-99999', { start: 0, end: 9999 }],
    [`bytes=5-${'9'.repeat(40)}`, { start: 5, end: 9999 }],
    ['bytes=10000-', 'unsatisfiable'],
    ['bytes=10000-20000', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    [`bytes=${'9'.repeat(40)}-`, 'unsatisfiable'],
    // Not valid, or more than one: ignored, as §14.2 allows.
    ['bytes=0-0,-1', 'whole'],
    ['bytes= 0-1, 4-5', 'whole'],
    ['bytes=500-499', 'whole'],
    ['bytes=9007199254740993-9007199254740992', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=', 'whole'],
    ['bytes=a-b', 'whole'],
    ['bytes=1.5-3', 'whole'],
    ['bytes=--5', 'whole'],
    ['bytes 0-5', 'whole'],
    ['seconds=0-5', 'whole'],
  ]
  for (const [header, expected] of table)
    assert.deepEqual(parseRange(header, 10_000), expected, String(header))
})

test('every range of an empty file is unsatisfiable', () => {
  for (const header of ['bytes=0-', 'bytes=0-0', 'bytes=-1'])
    assert.equal(parseRange(header, 0), 'unsatisfiable')
})

test('whatever the header says, a range lies inside the file', () => {
  const part = fc.oneof(fc.constant(''), fc.nat().map(String), fc.string({ maxLength: 6 }))
  const header = fc.tuple(fc.constantFrom('bytes=', 'bytes', ''), part, fc.constantFrom('-', '', ','), part)
  fc.assert(
    fc.property(header, fc.nat(5000), (pieces, sizeBytes) => {
      const range = parseRange(pieces.join(''), sizeBytes)
      if (typeof range === 'string') return
      assert.ok(0 <= range.start && range.start <= range.end && range.end < sizeBytes)
    }),
    { numRuns: 2000 },
  )
})

test('conditions compare weakly for If-None-Match and strongly for If-Range and If-Match', () => {
  const etag = '"abc"'
  assert.equal(matchesIfNoneMatch(null, etag), false)
  assert.equal(matchesIfNoneMatch('*', etag), true)
  assert.equal(matchesIfNoneMatch('"x", W/"abc"', etag), true)
  assert.equal(matchesIfNoneMatch('"x,abc"', etag), false)
  assert.equal(matchesIfRange(null, etag), true)
  assert.equal(matchesIfRange('"abc"', etag), true)
  assert.equal(matchesIfRange('W/"abc"', etag), false)
  assert.equal(matchesIfRange('Sat, 29 Oct 1994 19:43:31 GMT', etag), false)
  assert.equal(matchesIfMatch(null, etag), true)
  assert.equal(matchesIfMatch('"x", "abc"', etag), true)
  assert.equal(matchesIfMatch('W/"abc"', etag), false)
})
