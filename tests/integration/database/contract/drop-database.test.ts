import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('drop-database')

test('a dropped database has no collection left', async () => {
  const name = `${contract.db.databaseName}-2`
  const other = contract.client.db(name)
  await other.collection('a').insertOne({})
  assert.equal((await other.command({ dropDatabase: 1 })).ok, 1)
  assert.deepEqual(await other.listCollections({}).toArray(), [])
})
