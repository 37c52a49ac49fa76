import assert from 'node:assert/strict'
import test from 'node:test'
import type { Document } from 'mongodb'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('count')

test('count follows query, skip and limit', async () => {
  const { collectionName } = await contract.collect(
    Array.from({ length: 10 }, (_, i) => ({ _id: i, a: i % 2 })),
  )
  const count = async (options: Document) => (await contract.run({ count: collectionName, ...options })).n
  assert.equal(await count({}), 10)
  assert.equal(await count({ query: { a: 1 } }), 5)
  assert.equal(await count({ query: { a: 1 }, skip: 3 }), 2)
  assert.equal(await count({ query: { a: 1 }, limit: 2 }), 2)
  assert.equal(await count({ skip: 20 }), 0)
})

test('of a collection that is not there it is 0', async () => {
  assert.equal((await contract.run({ count: 'nothing', query: {} })).n, 0)
})
