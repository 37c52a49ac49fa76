import assert from 'node:assert/strict'
import test from 'node:test'
import { Long } from 'mongodb'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('get-more')

test('getMore hands out the rest, in batches, and ends with cursor 0', async () => {
  const documents = Array.from({ length: 10 }, (_, i) => ({ _id: i }))
  const { collectionName } = await contract.collect(documents)
  const first = await contract.run({ find: collectionName, batchSize: 4, sort: { _id: 1 } })
  const more = { getMore: first.cursor.id, collection: collectionName, batchSize: 4 }
  const second = await contract.run({ ...more, getMore: asLong(first.cursor.id) })
  assert.deepEqual(second.cursor.nextBatch, documents.slice(4, 8))
  const third = await contract.run({ ...more, getMore: asLong(second.cursor.id) })
  assert.deepEqual(third.cursor.nextBatch, documents.slice(8))
  assert.equal(Number(third.cursor.id), 0)
})

test('a cursor nobody has is code 43', async () => {
  const { collectionName } = await contract.collect([{ _id: 1 }])
  await contract.refuses(
    { getMore: Long.fromNumber(12345), collection: collectionName },
    43,
    'CursorNotFound',
  )
})

/** The driver makes numbers of small longs; the server wants the type back. */
function asLong(id: unknown): Long {
  return Long.fromString(String(id))
}
