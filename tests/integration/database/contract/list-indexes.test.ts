import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('list-indexes')

test('indexes are listed as they were asked for, _id first', async () => {
  const collection = await contract.collect([])
  await collection.createIndex({ a: 1, b: -1 }, { unique: true, name: 'both' })
  await collection.createIndex({ at: 1 }, { expireAfterSeconds: 60 })
  const [id, ...others] = await collection.indexes()
  assert.deepEqual([id?.name, id?.key], ['_id_', { _id: 1 }])
  const named = new Map(others.map((index) => [index.name, index]))
  assert.deepEqual(named.get('both')?.key, { a: 1, b: -1 })
  assert.equal(named.get('both')?.unique, true)
  assert.equal(named.get('at_1')?.expireAfterSeconds, 60)
})

test('of a collection that is not there it is code 26', async () => {
  await contract.refuses({ listIndexes: 'nothing' }, 26, 'NamespaceNotFound')
})
