import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('list-databases')

test('a database is listed once it has a collection', async () => {
  await contract.collect([{ _id: 1 }])
  const { databaseName } = contract.db
  const reply = await contract.client.db('admin').command({ listDatabases: 1 })
  assert.ok(reply.databases.some(({ name }: { name: string }) => name === databaseName))
  const filtered = await contract.client
    .db('admin')
    .command({ listDatabases: 1, nameOnly: true, filter: { name: databaseName } })
  assert.deepEqual(filtered.databases, [{ name: databaseName }])
})
