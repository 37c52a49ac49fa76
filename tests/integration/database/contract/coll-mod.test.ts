import assert from 'node:assert/strict'
import test from 'node:test'
import type { Document } from 'mongodb'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('coll-mod')

test('collMod changes how long a TTL index keeps documents, by name or keys', async () => {
  const collection = await contract.collect([])
  await collection.createIndex({ at: 1 }, { expireAfterSeconds: 60 })
  const change = (index: Document) => contract.run({ collMod: collection.collectionName, index })
  const byKeys = await change({ keyPattern: { at: 1 }, expireAfterSeconds: 120 })
  assert.equal(Number(byKeys.expireAfterSeconds_old), 60)
  assert.equal(Number(byKeys.expireAfterSeconds_new), 120)
  await change({ name: 'at_1', expireAfterSeconds: 3600 })
  const index = (await collection.indexes()).find(({ name }) => name === 'at_1')
  assert.equal(index?.expireAfterSeconds, 3600)
})

test('it refuses a collection and an index that are not there', async () => {
  const index = { name: 'none', expireAfterSeconds: 1 }
  await contract.refuses({ collMod: 'nothing', index }, 26, 'NamespaceNotFound')
  const { collectionName } = await contract.collect([])
  await contract.refuses({ collMod: collectionName, index }, 27, 'IndexNotFound')
})
