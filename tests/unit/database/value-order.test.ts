import assert from 'node:assert/strict'
import test from 'node:test'
import { Binary, Decimal128, Double, Int32, Long, ObjectId, Timestamp } from 'bson'
import fc from 'fast-check'
import { compareValues } from '#lib/db/embedded/values/compare-values'
import { encodeKey, keyAfterPrefix } from '#lib/db/embedded/values/encode-key'

const number = fc.oneof(
  fc.integer().map((value) => new Int32(value)),
  fc.double().map((value) => new Double(value)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => Long.fromBigInt(value)),
  fc
    .tuple(fc.bigInt({ min: -(10n ** 33n), max: 10n ** 33n }), fc.integer({ min: -60, max: 60 }))
    .map(([digits, exponent]) => Decimal128.fromString(`${digits}E${exponent}`)),
  fc
    .constantFrom(Number.NaN, Infinity, -Infinity, 0, -0, 2 ** 53, 2 ** 53 + 2)
    .map((value) => new Double(value)),
  fc.constantFrom('9007199254740993', '9007199254740992', '1', '0').map((text) => Long.fromString(text)),
)

const scalar = fc.oneof(
  number,
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', 'a', 'a\0', 'a\0b', '\u{1f600}', '\uffff'),
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
  fc.uint8Array({ maxLength: 5 }).map((bytes) => new Binary(bytes)),
  fc.integer({ min: 0 }).map((t) => new Timestamp({ t, i: 1 })),
)

const value = fc.letrec((tie) => ({
  any: fc.oneof({ depthSize: 'small' }, scalar, tie('list'), tie('document')),
  list: fc.array(tie('any'), { maxLength: 3 }),
  document: fc.dictionary(fc.constantFrom('a', 'b', 'ab', ''), tie('any'), {
    maxKeys: 3,
    noNullPrototype: true,
  }),
})).any

test('keys order bytewise exactly as MongoDB orders the values, for every type and nesting', () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      assert.equal(Math.sign(Buffer.compare(encodeKey(a), encodeKey(b))), Math.sign(compareValues(a, b)))
    }),
    { numRuns: 5_000 },
  )
})

test('descending keys order the other way round', () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      const order = Buffer.compare(encodeKey(a, true), encodeKey(b, true))
      assert.equal(Math.sign(order), -Math.sign(compareValues(a, b)) + 0)
    }),
  )
})

test('no key is the beginning of another, so compound keys cannot run into one another', () => {
  fc.assert(
    fc.property(value, value, (a, b) => {
      const [left, right] = [encodeKey(a), encodeKey(b)]
      if (!left.equals(right)) assert.notDeepEqual(left, right.subarray(0, left.length))
    }),
  )
})

test('the key after a prefix comes after everything with that prefix, and before what follows', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 4 }),
      fc.uint8Array({ maxLength: 4 }),
      (prefix, rest) => {
        const after = keyAfterPrefix(Buffer.from(prefix))
        if (after === null) assert.ok(prefix.every((byte) => byte === 0xff))
        else assert.ok(Buffer.compare(Buffer.concat([prefix, rest]), after) < 0)
      },
    ),
  )
})

test('the order of types, of equal numbers and of field order is MongoDB’s', () => {
  const ordered = [
    null,
    new Double(Number.NaN),
    -1,
    2,
    'a',
    {},
    [],
    new Binary(Buffer.of(1)),
    new ObjectId(),
    false,
    true,
    new Date(0),
  ]
  for (let i = 1; i < ordered.length; i++) assert.ok(compareValues(ordered[i - 1], ordered[i]) < 0, `at ${i}`)
  assert.equal(compareValues(new Int32(1), new Double(1)), 0)
  assert.equal(compareValues(Long.fromNumber(1), Decimal128.fromString('1.0')), 0)
  assert.ok(compareValues(Long.fromString('9007199254740993'), 9007199254740992) > 0)
  assert.notEqual(compareValues({ a: 1, b: 2 }, { b: 2, a: 1 }), 0)
  assert.notEqual(compareValues([1, 2], [2, 1]), 0)
})
