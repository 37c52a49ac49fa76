import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('db-stats')

test('dbStats counts collections, documents, indexes and bytes', async () => {
  const collection = await contract.collect([{ _id: 1, a: 'x'.repeat(1000) }, { _id: 2 }])
  await collection.createIndex({ a: 1 })
  const stats = await contract.run({ dbStats: 1 })
  assert.equal(stats.db, contract.db.databaseName)
  assert.equal(stats.collections, 1)
  assert.equal(stats.ok, 1)
  if (!contract.isEmbedded) return // DocumentDB estimates.
  assert.deepEqual([stats.objects, stats.indexes, stats.views], [2, 2, 0])
  assert.ok(stats.dataSize > 1000 && stats.indexSize > 1000)
  const scaled = await contract.run({ dbStats: 1, scale: 1024 })
  assert.equal(scaled.dataSize, stats.dataSize / 1024)
  await contract.refuses({ dbStats: 1, scale: 0 }, 2)
})
