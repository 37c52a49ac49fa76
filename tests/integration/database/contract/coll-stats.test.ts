import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('coll-stats')

test('collStats counts documents, their bytes and those of each index', async (t) => {
  if (!contract.isEmbedded) return t.skip('DocumentDB estimates')
  const collection = await contract.collect([
    { _id: 1, a: 'x'.repeat(100) },
    { _id: 2, a: 'y' },
  ])
  await collection.createIndex({ a: 1 })
  const stats = await contract.run({ collStats: collection.collectionName })
  assert.equal(stats.ns, collection.namespace)
  assert.deepEqual([stats.count, stats.nindexes, stats.capped], [2, 2, false])
  assert.ok(stats.size > 100)
  assert.deepEqual(Object.keys(stats.indexSizes), ['_id_', 'a_1'])
})

test('a collection that is not there is empty', async () => {
  const stats = await contract.run({ collStats: 'nothing' }).catch(() => null)
  if (stats) assert.equal(Number(stats.count ?? 0), 0)
})
