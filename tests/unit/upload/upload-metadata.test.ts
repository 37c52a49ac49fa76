import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isPeekrError } from '#lib/errors'
import { parseUploadMetadata } from '#lib/upload/parse-upload-metadata'

const encode = (metadata: Record<string, string>) =>
  Object.entries(metadata)
    .map(([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`)
    .join(',')

test('without metadata an upload is private and has a name', () => {
  const expected = { filename: 'upload', title: 'upload', visibility: 'private' }
  assert.deepEqual(parseUploadMetadata(null), expected)
  assert.deepEqual(parseUploadMetadata(''), expected)
})

test('a missing title is made from the file name', () => {
  const { title, filename } = parseUploadMetadata(encode({ filename: 'C:\\films\\my_first film.final.mp4' }))
  assert.equal(title, 'my first film.final')
  assert.equal(filename, 'C:\\films\\my_first film.final.mp4')
})

test('keys of other clients are ignored, and so is what only the server may say', () => {
  const given = { name: 'x', relativePath: 'null', ownerId: 'me', state: 'ready', visibility: 'public' }
  assert.deepEqual(Object.keys(parseUploadMetadata(encode(given))), ['filename', 'title', 'visibility'])
})

test('a visibility that does not exist is refused', () => {
  assert.throws(() => parseUploadMetadata(encode({ visibility: 'everyone' })), { name: 'ZodError' })
})

test('marks that hide or turn text are taken out', () => {
  const { filename, title } = parseUploadMetadata(
    encode({ filename: 'a\u202egpj.mp4\u0000', title: ' two\r\nlines\u2028three ' }),
  )
  assert.equal(filename, 'a gpj.mp4')
  assert.equal(title, 'two lines three')
})

test('whatever text comes, names are one bounded line of well-formed text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 600 }),
      fc.string({ unit: 'binary' }),
      (filename, title) => {
        const parsed = parseUploadMetadata(encode({ filename, title }))
        assert.ok(parsed.filename.length > 0 && parsed.filename.length <= 255)
        assert.ok(parsed.title.length > 0 && parsed.title.length <= 200)
        for (const text of [parsed.filename, parsed.title]) {
          assert.ok(text.isWellFormed())
          assert.doesNotMatch(text, /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
        }
      },
    ),
  )
})

test('whatever header comes, it is parsed or refused, never anything else', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (header) => {
      try {
        parseUploadMetadata(header)
      } catch (error) {
        assert.ok(isPeekrError(error) && error.code === 'bad_request')
      }
    }),
  )
})

for (const header of [
  'title',
  'title ',
  'title YQ==,title Yg==',
  'ti tle YQ==',
  'title YQ',
  'tïtle YQ==',
  ',',
]) {
  const isKeyAlone = /^title ?$/.test(header)
  test(`the header ${JSON.stringify(header)} is ${isKeyAlone ? 'a key without a value' : 'refused'}`, () => {
    if (isKeyAlone) assert.equal(parseUploadMetadata(header).title, 'upload')
    else assert.throws(() => parseUploadMetadata(header), { code: 'bad_request' })
  })
}
