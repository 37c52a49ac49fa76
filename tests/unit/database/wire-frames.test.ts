import assert from 'node:assert/strict'
import test from 'node:test'
import { serialize } from 'bson'
import fc from 'fast-check'
import { checkBson } from '#lib/db/embedded/wire/check-bson'
import { createFrameReader, type Frame, HEADER_SIZE_BYTES } from '#lib/db/embedded/wire/frame-reader'
import { OP_CODE } from '#lib/db/embedded/wire/op-code'
import { parseRequest } from '#lib/db/embedded/wire/parse-request'
import { WireError } from '#lib/db/embedded/wire/wire-error'

function frameOf(body: Buffer, opCode: number = OP_CODE.message): Buffer {
  const header = Buffer.alloc(HEADER_SIZE_BYTES)
  header.writeInt32LE(HEADER_SIZE_BYTES + body.length, 0)
  header.writeInt32LE(7, 4)
  header.writeInt32LE(opCode, 12)
  return Buffer.concat([header, body])
}

function section(document: object): Buffer {
  return Buffer.concat([Buffer.of(0), serialize(document)])
}

function sequence(name: string, documents: object[]): Buffer {
  const content = Buffer.concat([
    Buffer.from(`${name}\0`),
    ...documents.map((document) => serialize(document)),
  ])
  const size = Buffer.alloc(4)
  size.writeInt32LE(content.length + 4)
  return Buffer.concat([Buffer.of(1), size, content])
}

function flags(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

const ping = Buffer.concat([flags(0), section({ ping: 1, $db: 'admin' })])

test('however a stream is cut, the same messages come out', () => {
  const stream = Buffer.concat([
    frameOf(ping),
    frameOf(Buffer.concat([flags(2), section({ a: 'x'.repeat(300) })])),
  ])
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 20 }), (cuts) => {
      const reader = createFrameReader()
      const edges = [0, ...cuts.sort((a, b) => a - b), stream.length]
      const frames: Frame[] = []
      for (let i = 1; i < edges.length; i++)
        frames.push(...reader.push(stream.subarray(edges[i - 1], edges[i])))
      assert.equal(frames.length, 2)
      assert.equal(parseRequest(frames[1] as Frame).moreToCome, true)
    }),
  )
})

test('document sequences, the checksum flag and the flag for no answer are read', () => {
  const body = Buffer.concat([
    flags(1),
    section({ insert: 'videos' }),
    sequence('documents', [{ _id: 1 }, { _id: 2 }]),
    Buffer.alloc(4),
  ])
  const request = parseRequest({ requestId: 1, opCode: OP_CODE.message, body })
  assert.equal(request.sequences.get('documents')?.length, 2)
  assert.equal(request.moreToCome, false)
})

test('a length below the header or above 48 MB is refused before anything is kept', () => {
  for (const size of [-1, 0, 15, 48_000_001, 2 ** 31 - 1]) {
    const header = Buffer.alloc(16)
    header.writeInt32LE(size)
    assert.throws(() => createFrameReader().push(header), WireError)
  }
})

test('lying lengths, unknown flags, sections and kinds are refused', () => {
  const lying = Buffer.from(ping)
  lying.writeInt32LE(5_000, 5)
  const bodies = [lying, Buffer.alloc(2), flags(0), Buffer.concat([flags(4), section({})])]
  bodies.push(Buffer.concat([ping, section({})]), Buffer.concat([ping, Buffer.of(9)]))
  bodies.push(Buffer.concat([ping, sequence('a', []), sequence('a', [])]))
  for (const body of bodies) {
    assert.throws(() => parseRequest({ requestId: 1, opCode: OP_CODE.message, body }), WireError)
  }
  assert.throws(() => parseRequest({ requestId: 1, opCode: 2012, body: ping }), WireError)
})

test('a document nested 10,000 deep is refused, without using up the stack', () => {
  let inner = Buffer.from(serialize({}))
  for (let i = 0; i < 10_000; i++) {
    const size = Buffer.alloc(4)
    size.writeInt32LE(inner.length + 8)
    inner = Buffer.concat([size, Buffer.of(3, 97, 0), inner, Buffer.of(0)])
  }
  assert.throws(() => checkBson(inner, 0, inner.length), /nested too deeply/)
})

test('random bytes and flipped bytes end in a WireError or a checked document, never in anything else', () => {
  const whole = Buffer.from(
    serialize({ a: 'text', b: [1, { c: new Date() }], d: /x/i, e: Buffer.from('bytes') }),
  )
  const flipped = fc
    .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 })
    .map((changes) => {
      const bytes = Buffer.from(whole)
      for (const [at, byte] of changes) bytes[at] = byte
      return bytes
    })
  fc.assert(
    fc.property(fc.oneof(flipped, fc.uint8Array({ maxLength: 64 }).map(Buffer.from)), (bytes) => {
      try {
        assert.ok(checkBson(bytes, 0, bytes.length) <= bytes.length)
      } catch (error) {
        assert.ok(error instanceof WireError, String(error))
      }
    }),
    { numRuns: 5_000 },
  )
})

test('a date that JavaScript cannot hold is refused rather than stored as another one', () => {
  const date = (high: number) => {
    const bytes = Buffer.from(serialize({ at: new Date(0) }))
    bytes.writeInt32LE(high, bytes.length - 5)
    return bytes
  }
  assert.equal(checkBson(date(2_000_000), 0, 17), 17)
  for (const high of [2_100_000, -2_100_000, 2 ** 31 - 1, -(2 ** 31)]) {
    assert.throws(() => checkBson(date(high), 0, 17), WireError)
  }
})
