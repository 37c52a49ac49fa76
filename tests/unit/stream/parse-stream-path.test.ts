import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createId } from '#lib/domain/id'
import { parseStreamPath, rawTarget } from '#lib/stream/parse-stream-path'

const VIDEO = 'abcdefghijkmnpqr'
const REVISION = '2345678923456789'
const BASE = `/stream/${VIDEO}/${REVISION}`
const TOKEN = 'A'.repeat(52)

test('every name a revision has is reached, with and without a token', () => {
  const paths = [
    'multivariant.m3u8',
    'poster.jpg',
    '720p/media.m3u8',
    '1080p/init.mp4',
    'audio/segment-00001.m4s',
    '360p/segment-99999.ts',
  ]
  for (const path of paths) {
    const expected = { videoId: VIDEO, revisionId: REVISION, path }
    assert.deepEqual(parseStreamPath(`${BASE}/${path}`), { ...expected, token: null })
    assert.deepEqual(parseStreamPath(`${BASE}/${path}?part=1&x=../..`), { ...expected, token: null })
    assert.deepEqual(parseStreamPath(`/stream/t/${TOKEN}/${VIDEO}/${REVISION}/${path}`), {
      ...expected,
      token: TOKEN,
    })
  }
})

test('no other spelling of a file is accepted', () => {
  const spellings = [
    `${BASE}/../${REVISION}/poster.jpg`,
    `${BASE}/./poster.jpg`,
    `${BASE}//poster.jpg`,
    `${BASE}/%2e%2e/${REVISION}/poster.jpg`,
    `${BASE}/..%2fposter.jpg`,
    `${BASE}/..%252fposter.jpg`,
    `${BASE}/%70oster.jpg`,
    `${BASE}/poster.jpg%00`,
    `${BASE}/poster.jpg\0`,
    `${BASE}/poster.jpg\n`,
    `${BASE}/poster.jpg/`,
    `${BASE}/poster.jpg#x`,
    `${BASE}/..\\poster.jpg`,
    `${BASE}\\poster.jpg`,
    `${BASE}/720p\\media.m3u8`,
    `${BASE}/manifest.json`,
    `${BASE}/../../source/original`,
    `${BASE}/720p/segment-1.m4s`,
    `${BASE}/0720p/media.m3u8`,
    `/stream/${VIDEO.toUpperCase()}/${REVISION}/poster.jpg`,
    `/STREAM/${VIDEO}/${REVISION}/poster.jpg`,
    `//stream/${VIDEO}/${REVISION}/poster.jpg`,
    `/stream/t//${VIDEO}/${REVISION}/poster.jpg`,
    `/stream/t/${TOKEN}/t/${TOKEN}/${VIDEO}/${REVISION}/poster.jpg`,
    `/stream/t/${'A'.repeat(129)}/${VIDEO}/${REVISION}/poster.jpg`,
    `http://videos.example${BASE}/poster.jpg`,
    '/stream/',
    '',
    '*',
  ]
  for (const spelling of spellings) assert.equal(parseStreamPath(spelling), null, spelling)
})

test('5,000 made-up paths: what is accepted is made of the names Peekr writes, and nothing else', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '..',
      '.',
      '',
      '%2e%2e',
      '..%2f',
      '%2F',
      '\\',
      '..\\',
      '\0',
      '%00',
      'source',
      'original',
      't',
    ),
    fc.constantFrom(
      'stream',
      VIDEO,
      REVISION,
      TOKEN,
      'poster.jpg',
      '720p',
      'audio',
      'media.m3u8',
      'manifest.json',
    ),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constant(null).map(createId),
  )
  const target = fc
    .array(piece, { maxLength: 9 })
    .chain((pieces) =>
      fc.constantFrom('/', '\\', '//', '/./').map((joint) => `/stream/${pieces.join(joint)}`),
    )
  fc.assert(
    fc.property(target, (text) => {
      const parsed = parseStreamPath(text)
      if (parsed === null) return
      assert.match(parsed.videoId, /^[2-9a-z]{16}$/)
      assert.match(parsed.revisionId, /^[2-9a-z]{16}$/)
      assert.match(parsed.path, /^(?:[a-z0-9]+\/)?[a-z]+(?:-[0-9]{5})?\.[a-z0-9]+$/)
      assert.doesNotMatch(parsed.path, /\.\.|[\\%\0]/)
    }),
    { numRuns: 5000 },
  )
})

test('a web request’s target is taken as it was sent', () => {
  assert.equal(rawTarget('http://videos.example:3000/stream/%2e%2e?q#f'), '/stream/%2e%2e?q#f')
  assert.equal(rawTarget('/stream/a'), '/stream/a')
})
