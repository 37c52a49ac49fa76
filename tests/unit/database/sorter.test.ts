import assert from 'node:assert/strict'
import test from 'node:test'
import { type ItemCodec, sortItems } from '#lib/db/embedded/query/sorter'

const CODEC: ItemCodec<string> = {
  sizeBytes: (text) => text.length,
  encode: (text) => Buffer.from(text),
  decode: (bytes) => Buffer.from(bytes).toString(),
}

function* makeItems(count: number) {
  let state = 7
  for (let i = 0; i < count; i++) {
    state = (state * 48_271) % 0x7fffffff
    yield { key: Buffer.from([state % 50]), item: `${String(state % 50).padStart(2, '0')} ${i}` }
  }
}

const plain = [...sortItems(makeItems(5_000), CODEC, {})]

test('a sort that goes to the disk gives the same order as one in memory, equal keys as they came', () => {
  assert.deepEqual([...sortItems(makeItems(5_000), CODEC, { sizeBytesMax: 20_000 })], plain)
  const places = plain.map((text) => String(text).split(' ').map(Number) as [number, number])
  for (const [i, [key, place]] of places.entries()) {
    const [keyBefore, placeBefore] = places[i - 1] ?? [-1, -1]
    assert.ok(key > keyBefore || (key === keyBefore && place > placeBefore))
  }
})

test('a sort of which few are wanted keeps few, however many come, and needs no disk', () => {
  const options = { limit: 10, sizeBytesMax: 400_000, allowDiskUse: false }
  assert.deepEqual([...sortItems(makeItems(100_000), CODEC, options)].slice(0, 10), [
    ...[...sortItems(makeItems(100_000), CODEC, {})].slice(0, 10),
  ])
})

test('what does not fit is refused with code 292 where the disk is not allowed', () => {
  assert.throws(
    () => [...sortItems(makeItems(5_000), CODEC, { sizeBytesMax: 20_000, allowDiskUse: false })],
    { code: 292 },
  )
})

test('a sort that is left in the middle lets its file go', () => {
  const sorted = sortItems(makeItems(5_000), CODEC, { sizeBytesMax: 20_000 })
  assert.equal(sorted.next().value, plain[0])
  assert.deepEqual(sorted.return(undefined), { done: true, value: undefined })
  assert.deepEqual(sorted.next(), { done: true, value: undefined })
})
