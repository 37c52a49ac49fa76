import assert from 'node:assert/strict'
import test from 'node:test'
import type { Document } from 'mongodb'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('update')

async function update(documents: Document[], ...updates: Document[]) {
  const collection = await contract.collect(documents)
  const reply = await contract.run({ update: collection.collectionName, updates })
  return { reply, stored: await collection.find({}).sort({ _id: 1 }).toArray(), collection }
}

test('n counts what was found, nModified what became different', async () => {
  const documents = [
    { _id: 1, a: 1 },
    { _id: 2, a: 1 },
  ]
  const { reply, stored } = await update(documents, { q: {}, u: { $max: { a: 1 } }, multi: true })
  assert.deepEqual([reply.n, reply.nModified], [2, 0])
  assert.deepEqual(stored, documents)
})

test('without multi one document is changed', async () => {
  const { reply } = await update([{ _id: 1 }, { _id: 2 }], { q: {}, u: { $set: { x: 1 } } })
  assert.deepEqual([reply.n, reply.nModified], [1, 1])
})

test('a replacement keeps the _id and drops the rest; for many it is refused', async () => {
  const { stored } = await update([{ _id: 1, a: 1 }], { q: { _id: 1 }, u: { b: 2 } })
  assert.deepEqual(stored, [{ _id: 1, b: 2 }])
  const { reply } = await update([{ _id: 1 }], { q: {}, u: { b: 2 }, multi: true })
  assert.equal(reply.writeErrors[0].code, 9)
})

test('a pipeline computes from the document itself', async () => {
  const { stored } = await update([{ _id: 1, a: 2 }], {
    q: {},
    u: [{ $set: { b: { $multiply: ['$a', 3] } } }, { $unset: 'a' }],
  })
  assert.deepEqual(stored, [{ _id: 1, b: 6 }])
})

test('arrayFilters choose elements; one that is not used is refused', async () => {
  const filtered = { q: {}, u: { $set: { 'a.$[e].x': 0 } }, arrayFilters: [{ 'e.n': { $gt: 1 } }] }
  const { stored } = await update([{ _id: 1, a: [{ n: 1 }, { n: 2 }] }], filtered)
  assert.deepEqual(stored[0]?.a, [{ n: 1 }, { n: 2, x: 0 }])
  const { reply } = await update([{ _id: 1, a: [] }], { ...filtered, u: { $set: { b: 1 } } })
  assert.equal(reply.writeErrors[0].code, 9)
})

test('an upsert reports the index of the statement and the new _id', async () => {
  const { reply, stored } = await update(
    [{ _id: 1 }],
    { q: { _id: 1 }, u: { $set: { a: 1 } }, upsert: true },
    { q: { _id: 7, k: 'x' }, u: { $setOnInsert: { first: true } }, upsert: true },
  )
  assert.deepEqual(reply.upserted, [{ index: 1, _id: 7 }])
  assert.deepEqual([reply.n, reply.nModified], [2, 1])
  assert.deepEqual(stored[1], { _id: 7, k: 'x', first: true })
})

test('a hint names an index by name or keys; one that is not there is refused', async (t) => {
  if (!contract.isEmbedded) return t.skip('DocumentDB does not check hints of updates')
  // MongoDB manual, update, `hint`: "If you specify an index that does not exist, the operation errors."
  const collection = await contract.collect([{ _id: 1, a: 1 }])
  await collection.createIndex({ a: 1 })
  for (const hint of ['a_1', { a: 1 }]) {
    assert.equal((await collection.updateOne({ a: 1 }, { $inc: { n: 1 } }, { hint })).modifiedCount, 1)
  }
  await assert.rejects(collection.updateOne({}, { $inc: { n: 1 } }, { hint: 'none' }), { code: 2 })
})

test('a collation other than simple is refused, never ignored', async () => {
  const collection = await contract.collect([{ _id: 1, a: 'x' }])
  await assert.rejects(
    collection.updateOne({ a: 'X' }, { $set: { b: 1 } }, { collation: { locale: 'en', strength: 2 } }),
  )
  assert.deepEqual(await collection.findOne({}), { _id: 1, a: 'x' })
})
