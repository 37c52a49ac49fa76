import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('drop')

test('a dropped collection is gone with its indexes', async () => {
  const collection = await contract.collect([{ _id: 1 }])
  await collection.createIndex({ a: 1 })
  const reply = await contract.run({ drop: collection.collectionName })
  assert.equal(reply.ok, 1)
  if (contract.isEmbedded) assert.equal(reply.nIndexesWas, 2)
  assert.equal(await collection.countDocuments({}), 0)
  // MongoDB 7.0 and later: dropping what is not there is no error.
  if (contract.isEmbedded) assert.equal((await contract.run({ drop: collection.collectionName })).ok, 1)
})
