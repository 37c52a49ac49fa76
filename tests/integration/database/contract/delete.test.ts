import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('delete')

test('limit 1 removes one document, limit 0 all that match', async () => {
  const collection = await contract.collect([
    { _id: 1, a: 1 },
    { _id: 2, a: 1 },
    { _id: 3, a: 1 },
  ])
  const remove = (limit: number) =>
    contract.run({ delete: collection.collectionName, deletes: [{ q: { a: 1 }, limit }] })
  assert.equal((await remove(1)).n, 1)
  assert.equal((await remove(0)).n, 2)
  assert.equal((await remove(0)).n, 0)
})

test('a delete without a limit, or with another one, is refused', async () => {
  const collection = await contract.collect([{ _id: 1 }])
  const command = { delete: collection.collectionName, deletes: [{ q: {}, limit: 2 }] }
  const outcome = await contract.run(command).then(
    (reply) => reply.writeErrors?.length > 0,
    () => true,
  )
  assert.ok(outcome)
  assert.equal(await collection.countDocuments({}), 1)
})

test('a delete in a collection that is not there removes nothing', async () => {
  assert.equal((await contract.run({ delete: 'nothing', deletes: [{ q: {}, limit: 0 }] })).n, 0)
})
