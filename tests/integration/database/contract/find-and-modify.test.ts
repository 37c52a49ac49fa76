import assert from 'node:assert/strict'
import test from 'node:test'
import { MongoClient } from 'mongodb'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('find-and-modify')

test('it returns the document before or after the change', async () => {
  const { collectionName } = await contract.collect([{ _id: 1, n: 1 }])
  const change = { findAndModify: collectionName, query: { _id: 1 }, update: { $inc: { n: 1 } } }
  assert.deepEqual((await contract.run(change)).value, { _id: 1, n: 1 })
  const reply = await contract.run({ ...change, new: true, fields: { _id: 0 } })
  assert.deepEqual(reply.value, { n: 3 })
  assert.deepEqual([reply.lastErrorObject.n, reply.lastErrorObject.updatedExisting], [1, true])
})

test('nothing found is null; with upsert the new document is named', async () => {
  const { collectionName } = await contract.collect([])
  const change = { findAndModify: collectionName, query: { _id: 5 }, update: { $set: { a: 1 } } }
  assert.equal((await contract.run(change)).value, null)
  const reply = await contract.run({ ...change, upsert: true, new: true })
  assert.deepEqual(reply.value, { _id: 5, a: 1 })
  assert.equal(reply.lastErrorObject.upserted, 5)
  assert.equal(reply.lastErrorObject.updatedExisting, false)
})

test('it takes the first in the order asked for, and removes it when told to', async () => {
  const { collectionName } = await contract.collect([
    { _id: 1, at: 3 },
    { _id: 2, at: 1 },
    { _id: 3, at: 2 },
  ])
  const reply = await contract.run({ findAndModify: collectionName, sort: { at: 1 }, remove: true })
  assert.equal(reply.value._id, 2)
  assert.equal(reply.lastErrorObject.n, 1)
})

test('remove together with update or new is refused', async () => {
  const { collectionName } = await contract.collect([])
  await contract.refuses({ findAndModify: collectionName, remove: true, update: { $set: { a: 1 } } }, 9)
  await contract.refuses({ findAndModify: collectionName, remove: true, new: true }, 9)
  await contract.refuses({ findAndModify: collectionName, query: {} }, 9)
})

test('50 clients that take numbers at once get each number once', async () => {
  const collection = await contract.collect([{ _id: 1, n: 0 }])
  const clients = await Promise.all(
    Array.from({ length: 50 }, () => MongoClient.connect(contract.uri, { maxPoolSize: 1 })),
  )
  try {
    const taken = await Promise.all(
      clients.map(async (client) => {
        const mine = client.db(contract.db.databaseName).collection(collection.collectionName)
        const numbers: number[] = []
        for (let i = 0; i < 4; i++) {
          const after = await mine.findOneAndUpdate({}, { $inc: { n: 1 } }, { returnDocument: 'after' })
          numbers.push(after?.n)
        }
        return numbers
      }),
    )
    const sorted = taken.flat().sort((a, b) => a - b)
    assert.deepEqual(
      sorted,
      Array.from({ length: 200 }, (_, i) => i + 1),
    )
  } finally {
    await Promise.all(clients.map((client) => client.close()))
  }
})
