import assert from 'node:assert/strict'
import test from 'node:test'
import { type Document, MongoClientBulkWriteError } from 'mongodb'
import { openContract } from '../../../support/contract.ts'

type Numbered = Document & { _id: number }

const contract = openContract('bulk-write')

test('one command writes to several collections and reports each write', async (t) => {
  if (!contract.isEmbedded) return t.skip('DocumentDB has no bulkWrite, which is of MongoDB 8.0')
  const [a, b] = [await contract.collect([{ _id: 1, n: 1 }]), await contract.collect([{ _id: 1 }])]
  const result = await contract.client.bulkWrite<Record<string, Numbered>>(
    [
      { namespace: a.namespace, name: 'insertOne', document: { _id: 2 } },
      { namespace: a.namespace, name: 'updateOne', filter: { _id: 1 }, update: { $inc: { n: 1 } } },
      {
        namespace: b.namespace,
        name: 'updateMany',
        filter: { _id: 9 },
        update: { $set: { x: 1 } },
        upsert: true,
      },
      { namespace: b.namespace, name: 'replaceOne', filter: { _id: 1 }, replacement: { y: 1 } },
      { namespace: b.namespace, name: 'deleteOne', filter: { _id: 9 } },
      { namespace: a.namespace, name: 'deleteMany', filter: { _id: { $gt: 1 } } },
    ],
    { verboseResults: true },
  )
  const { insertedCount, matchedCount, modifiedCount, upsertedCount, deletedCount } = result
  assert.deepEqual([insertedCount, matchedCount, modifiedCount, upsertedCount, deletedCount], [1, 2, 2, 1, 2])
  assert.equal(result.updateResults?.get(2)?.upsertedId, 9)
  assert.deepEqual(await a.find({}).toArray(), [{ _id: 1, n: 2 }])
  assert.deepEqual(await b.find({}).toArray(), [{ _id: 1, y: 1 }])
})

test('an ordered bulkWrite stops at the first error, an unordered one reports all', async (t) => {
  if (!contract.isEmbedded) return t.skip('DocumentDB has no bulkWrite, which is of MongoDB 8.0')
  for (const ordered of [true, false]) {
    const { namespace } = await contract.collect([{ _id: 1 }])
    const documents = [{ _id: 1 }, { _id: 2 }, { _id: 1 }]
    const models = documents.map((document) => ({ namespace, name: 'insertOne' as const, document }))
    await assert.rejects(
      contract.client.bulkWrite<Record<string, Numbered>>(models, { ordered }),
      (error) => {
        assert.ok(error instanceof MongoClientBulkWriteError)
        assert.deepEqual([...error.writeErrors.keys()], ordered ? [0] : [0, 2])
        assert.equal(error.writeErrors.get(0)?.code, 11000)
        return true
      },
    )
  }
})

test('a collection-level bulkWrite works on every server', async () => {
  const collection = await contract.collect([{ _id: 1 } as Document])
  const result = await collection.bulkWrite([
    { insertOne: { document: { _id: 2 } as Document } },
    { updateOne: { filter: { _id: 1 } as Document, update: { $set: { a: 1 } } } },
    { deleteOne: { filter: { _id: 2 } as Document } },
  ])
  assert.deepEqual([result.insertedCount, result.modifiedCount, result.deletedCount], [1, 1, 1])
})
