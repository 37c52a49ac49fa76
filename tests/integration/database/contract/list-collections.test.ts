import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('list-collections')

test('collections are listed with their type, and by name', async () => {
  const { collectionName } = await contract.collect([])
  await contract.collect([])
  const all = await contract.db.listCollections({}).toArray()
  assert.equal(all.length, 2)
  const [one] = await contract.db.listCollections({ name: collectionName }).toArray()
  assert.deepEqual([one?.name, one?.type], [collectionName, 'collection'])
  const names = await contract.db.listCollections({}, { nameOnly: true }).toArray()
  assert.deepEqual(names.map(({ name }) => name).sort(), all.map(({ name }) => name).sort())
})
