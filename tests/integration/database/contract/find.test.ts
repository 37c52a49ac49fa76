import assert from 'node:assert/strict'
import test from 'node:test'
import type { Document, FindOptions } from 'mongodb'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('find')

const DOCUMENTS = Array.from({ length: 250 }, (_, i) => ({ _id: i, a: i % 10, b: { c: 250 - i } }))

test('skip, limit, sort and projection work together', async () => {
  const collection = await contract.collect(DOCUMENTS)
  const found = await collection
    .find({ a: 3 })
    .sort({ 'b.c': 1 })
    .skip(2)
    .limit(3)
    .project({ _id: 0, 'b.c': 1 })
    .toArray()
  assert.deepEqual(found, [{ b: { c: 27 } }, { b: { c: 37 } }, { b: { c: 47 } }])
})

test('the first batch has 101 documents unless told otherwise, and 0 opens an empty one', async () => {
  const { collectionName } = await contract.collect(DOCUMENTS)
  for (const [batchSize, count] of [
    [undefined, 101],
    [7, 7],
    [0, 0],
    [1, 1],
  ] as const) {
    const { cursor } = await contract.run({
      find: collectionName,
      ...(batchSize === undefined ? {} : { batchSize }),
    })
    assert.equal(cursor.firstBatch.length, count)
    assert.equal(cursor.ns, `${contract.db.databaseName}.${collectionName}`)
    assert.notEqual(Number(cursor.id), 0)
  }
})

test('singleBatch leaves no cursor open', async () => {
  const { collectionName } = await contract.collect(DOCUMENTS)
  const { cursor } = await contract.run({ find: collectionName, batchSize: 5, singleBatch: true })
  assert.equal(Number(cursor.id), 0)
})

test('a collection that is not there is empty', async () => {
  const { cursor } = await contract.run({ find: 'nothing', filter: { a: 1 } })
  assert.deepEqual([cursor.firstBatch, Number(cursor.id)], [[], 0])
})

test('a negative skip, a projection that mixes and an unknown operator are refused', async () => {
  const { collectionName } = await contract.collect([{ _id: 1, a: 1, b: 1 }])
  await assert.rejects(contract.run({ find: collectionName, skip: -1 }))
  await assert.rejects(contract.run({ find: collectionName, projection: { a: 1, b: 0 } }))
  await contract.refuses({ find: collectionName, filter: { a: { $nonsense: 1 } } }, 2, 'BadValue')
})

test('a hint decides the index, $natural the stored order, and a hint to nothing is refused', async (t) => {
  if (!contract.isEmbedded) return t.skip('DocumentDB words and checks hints in its own way')
  const collection = await contract.collect([
    { _id: 2, a: 2 },
    { _id: 1, a: 3 },
    { _id: 3, a: 1 },
  ])
  await collection.createIndex({ a: 1 })
  const ids = async (options: FindOptions) =>
    (await collection.find({}, options).toArray()).map(({ _id }) => _id)
  assert.deepEqual(await ids({ hint: 'a_1' }), [3, 2, 1])
  assert.deepEqual(await ids({ hint: { _id: 1 } }), [1, 2, 3])
  assert.deepEqual(await ids({ hint: { $natural: -1 } }), [3, 1, 2])
  assert.deepEqual(await ids({ sort: { $natural: -1 } }), [3, 1, 2])
  // MongoDB manual, cursor.hint(): an error if the specified index does not exist.
  await contract.refuses({ find: collection.collectionName, hint: 'none' }, 2, 'BadValue')
})

test('let gives variables to $expr', async () => {
  const collection = await contract.collect([
    { _id: 1, a: 1 },
    { _id: 2, a: 5 },
  ])
  const { cursor } = await contract.run({
    find: collection.collectionName,
    filter: { $expr: { $gt: ['$a', '$$least'] } },
    let: { least: 3 },
  })
  assert.deepEqual(cursor.firstBatch, [{ _id: 2, a: 5 }])
})

test('an element that a path names by its place is looked at as a whole, unless the path goes on', async () => {
  const collection = await contract.collect([
    { _id: 1, a: [[1, 2], 3] },
    { _id: 2, a: [1] },
    { _id: 3, a: [{ 0: 1 }] },
    { _id: 4, a: { 0: [1] } },
    { _id: 5, a: [[[1]]] },
  ])
  const filters: [Document, number[]][] = [
    [{ 'a.0': 1 }, [2, 3, 4]],
    [{ 'a.0': [1, 2] }, [1]],
    [{ 'a.0': { $gt: 0 } }, [2, 3, 4]],
    [{ 'a.0': { $in: [1] } }, [2, 3, 4]],
    [{ 'a.0': { $size: 2 } }, [1]],
    [{ 'a.0': { $elemMatch: { $eq: 1 } } }, [1, 4]],
    [{ 'a.0': { $ne: 1 } }, [1, 5]],
    [{ 'a.0': { $type: 'array' } }, [1, 4, 5]],
    [{ 'a.0.0': 1 }, [1, 3, 4]],
    [{ 'a.0': { $exists: true } }, [1, 2, 3, 4, 5]],
  ]
  for (const [filter, ids] of filters) {
    const found = await collection.find(filter).sort({ _id: 1 }).toArray()
    assert.deepEqual(
      found.map(({ _id }) => _id),
      ids as never,
      JSON.stringify(filter),
    )
  }
})

test('text search without a text index is refused as MongoDB does: code 27', async () => {
  const { collectionName } = await contract.collect([{ _id: 1, a: 'x' }])
  await contract.refuses({ find: collectionName, filter: { $text: { $search: 'x' } } }, 27, 'IndexNotFound')
})

test('a sort of more than 100 MB uses the disk, and is refused with code 292 where it may not', async (t) => {
  if (!contract.isEmbedded) return t.skip('DocumentDB sorts within its own limits')
  const collection = await contract.collect([])
  const text = 'x'.repeat(13 * 1024 * 1024)
  for (let i = 0; i < 9; i++) await collection.insertOne({ _id: i as never, text: `${9 - i}${text}` })
  const command = { find: collection.collectionName, sort: { text: 1 }, projection: { _id: 1 } }
  const { cursor } = await contract.run(command)
  assert.deepEqual(
    cursor.firstBatch.map(({ _id }: Document) => _id),
    [8, 7, 6, 5, 4, 3, 2, 1, 0],
  )
  await contract.refuses({ ...command, allowDiskUse: false }, 292, 'QueryExceededMemoryLimitNoDiskUseAllowed')
  // Whoever wants the first few gets them from memory.
  await contract.run({ ...command, limit: 2, allowDiskUse: false }).then(({ cursor: first }) => {
    assert.equal(first.firstBatch.length, 2)
  })
  await contract.refuses(
    {
      aggregate: collection.collectionName,
      pipeline: [{ $addFields: { a: 1 } }, { $sort: { text: 1 } }],
      cursor: {},
      allowDiskUse: false,
    },
    292,
  )
  await contract.run({ drop: collection.collectionName })
})
