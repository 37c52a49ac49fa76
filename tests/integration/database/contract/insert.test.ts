import assert from 'node:assert/strict'
import test from 'node:test'
import { ObjectId } from 'mongodb'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('insert')

test('insert counts what it stored and gives an _id where there is none', async () => {
  const { collectionName } = await contract.collect([])
  const reply = await contract.run({ insert: collectionName, documents: [{ _id: 1 }, { a: 1 }] })
  assert.deepEqual([reply.n, reply.ok], [2, 1])
  const found = await contract.db.collection(collectionName).findOne({ a: 1 })
  assert.ok(found?._id instanceof ObjectId)
})

test('an ordered insert stops at the first duplicate, an unordered one goes on', async () => {
  for (const ordered of [true, false]) {
    const collection = await contract.collect([{ _id: 2 }])
    const reply = await contract.run({
      insert: collection.collectionName,
      documents: [{ _id: 1 }, { _id: 2 }, { _id: 3 }],
      ordered,
    })
    assert.equal(reply.n, ordered ? 1 : 2)
    assert.equal(reply.writeErrors.length, 1)
    assert.deepEqual([reply.writeErrors[0].index, reply.writeErrors[0].code], [1, 11000])
    assert.equal(await collection.countDocuments({}), ordered ? 2 : 3)
  }
})

test('an _id that cannot be one is refused with InvalidIdField', async () => {
  const { collectionName } = await contract.collect([])
  // MongoDB manual, "The _id Field": of any BSON type other than an array, regex or undefined.
  const reply = await contract.run({ insert: collectionName, documents: [{ _id: [1] }] })
  assert.equal(reply.n, 0)
  assert.ok([2, 53].includes(reply.writeErrors[0].code), JSON.stringify(reply))
})

test('an empty batch is refused', async () => {
  await assert.rejects(contract.run({ insert: 'c', documents: [] }))
})
