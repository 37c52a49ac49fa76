import assert from 'node:assert/strict'
import test from 'node:test'
import type { Document, IndexSpecification } from 'mongodb'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('create-indexes')

test('indexes are counted before and after; the same again changes nothing', async () => {
  const { collectionName } = await contract.collect([{ _id: 1, a: 1 }])
  const command = { createIndexes: collectionName, indexes: [{ key: { a: 1 }, name: 'a_1' }] }
  const first = await contract.run(command)
  assert.deepEqual([first.numIndexesBefore, first.numIndexesAfter], [1, 2])
  // DocumentDB's gateway fails on it; MongoDB's manual: the server does not re-create an existing index.
  if (!contract.isEmbedded) return
  const again = await contract.run(command)
  assert.deepEqual([again.numIndexesBefore, again.numIndexesAfter], [2, 2])
})

test('the same name for other keys is refused', async () => {
  const { collectionName } = await contract.collect([])
  const create = (key: Document, name: string) =>
    contract.run({ createIndexes: collectionName, indexes: [{ key, name }] })
  await create({ a: 1 }, 'x')
  // IndexKeySpecsConflict in MongoDB's manual; DocumentDB answers UnknownError.
  await assert.rejects(create({ b: 1 }, 'x'), contract.isEmbedded ? { code: 86 } : Error)
})

test('unique holds over compound, sparse, partial and array keys', async () => {
  const refusesSecond = async (key: Document, options: Document, first: Document, second: Document) => {
    const collection = await contract.collect([])
    await collection.createIndex(key as IndexSpecification, { unique: true, ...options })
    await collection.insertOne({ ...first })
    await assert.rejects(collection.insertOne({ ...second }), { code: 11000 }, JSON.stringify(key))
    return collection
  }
  await refusesSecond({ a: 1, b: -1 }, {}, { a: 1, b: 2 }, { a: 1, b: 2 })
  await refusesSecond({ a: 1 }, {}, { x: 1 }, { x: 2 })
  await refusesSecond({ a: 1 }, {}, { a: [1, 2] }, { a: [2, 3] })
  const sparse = await refusesSecond({ a: 1 }, { sparse: true }, { a: 1 }, { a: 1 })
  await sparse.insertMany([{ x: 1 }, { x: 2 }])
  const partialFilterExpression = { live: true }
  const partial = await refusesSecond(
    { a: 1 },
    { partialFilterExpression },
    { a: 1, live: true },
    { a: 1, live: true },
  )
  await partial.insertOne({ a: 1, live: false })
})

test('a unique index over duplicates is not made', async () => {
  const collection = await contract.collect([{ a: 1 }, { a: 1 }])
  await assert.rejects(
    collection.createIndex({ a: 1 }, { unique: true }),
    contract.isEmbedded ? { code: 11000 } : Error,
  )
  assert.equal((await collection.indexes()).length, 1)
})

test('kinds of indexes that are not offered are refused, never ignored', async (t) => {
  if (!contract.isEmbedded) return t.skip('DocumentDB offers others')
  const { collectionName } = await contract.collect([])
  for (const kind of ['2d', '2dsphere', 'hashed']) {
    await contract.refuses(
      { createIndexes: collectionName, indexes: [{ key: { a: kind }, name: 'x' }] },
      67,
      'CannotCreateIndex',
    )
  }
})
