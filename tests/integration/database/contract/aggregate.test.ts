import assert from 'node:assert/strict'
import test from 'node:test'
import type { Document } from 'mongodb'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('aggregate')

const VIDEOS = [
  { _id: 1, owner: 'u', tags: ['a', 'b'], size: 10 },
  { _id: 2, owner: 'u', tags: ['b'], size: 20 },
  { _id: 3, owner: 'v', tags: [], size: 5 },
]

test('$match, $group, $sort, $skip and $limit', async () => {
  const collection = await contract.collect(VIDEOS)
  const found = await collection
    .aggregate([
      { $match: { size: { $gte: 5 } } },
      { $group: { _id: '$owner', n: { $sum: 1 }, bytes: { $sum: '$size' }, most: { $max: '$size' } } },
      { $sort: { _id: 1 } },
      { $skip: 0 },
      { $limit: 5 },
    ])
    .toArray()
  assert.deepEqual(found, [
    { _id: 'u', n: 2, bytes: 30, most: 20 },
    { _id: 'v', n: 1, bytes: 5, most: 5 },
  ])
})

test('$project, $addFields, $unset and $replaceRoot shape documents', async () => {
  const collection = await contract.collect(VIDEOS)
  const [found] = await collection
    .aggregate([
      { $match: { _id: 1 } },
      { $addFields: { twice: { $add: ['$size', '$size'] }, 'in.ner': '$owner' } },
      { $unset: ['tags', 'owner'] },
      { $project: { size: 0 } },
      { $replaceRoot: { newRoot: { $mergeObjects: ['$$ROOT', { last: true }] } } },
    ])
    .toArray()
  assert.deepEqual(found, { _id: 1, twice: 20, in: { ner: 'u' }, last: true })
})

test('$unwind gives one document an element, and keeps the empty where it is asked to', async () => {
  const collection = await contract.collect(VIDEOS)
  const count = async (unwind: Document | string) =>
    (await collection.aggregate([{ $unwind: unwind as never }]).toArray()).length
  assert.equal(await count('$tags'), 3)
  assert.equal(await count({ path: '$tags', preserveNullAndEmptyArrays: true }), 4)
})

test('$lookup joins by fields and by a pipeline with variables', async () => {
  const users = await contract.collect([{ _id: 'u', name: 'Ann' }])
  const collection = await contract.collect(VIDEOS)
  const from = users.collectionName
  const [byField] = await collection
    .aggregate([
      { $sort: { _id: 1 } },
      { $lookup: { from, localField: 'owner', foreignField: '_id', as: 'o' } },
    ])
    .toArray()
  assert.deepEqual(byField?.o, [{ _id: 'u', name: 'Ann' }])
  const pipeline = [{ $match: { $expr: { $eq: ['$_id', '$$who'] } } }, { $project: { _id: 0 } }]
  const [byPipeline] = await collection
    .aggregate([{ $sort: { _id: 1 } }, { $lookup: { from, let: { who: '$owner' }, pipeline, as: 'o' } }])
    .toArray()
  assert.deepEqual(byPipeline?.o, [{ name: 'Ann' }])
})

test('$unionWith adds the documents of another collection after these', async () => {
  const others = await contract.collect([
    { _id: 9, size: 1 },
    { _id: 8, size: 100 },
  ])
  const collection = await contract.collect(VIDEOS)
  const coll = others.collectionName
  const ids = async (unionWith: Document | string) =>
    (await collection.aggregate([{ $unionWith: unionWith as never }, { $sort: { _id: 1 } }]).toArray()).map(
      ({ _id }) => _id,
    )
  assert.deepEqual(await ids(coll), [1, 2, 3, 8, 9])
  assert.deepEqual(await ids({ coll, pipeline: [{ $match: { size: { $gt: 50 } } }] }), [1, 2, 3, 8])
})

test('$facet and $count answer several questions in one', async () => {
  const collection = await contract.collect(VIDEOS)
  const [found] = await collection
    .aggregate([
      { $facet: { total: [{ $count: 'n' }], big: [{ $match: { size: 20 } }, { $project: { _id: 1 } }] } },
    ])
    .toArray()
  assert.deepEqual(found, { total: [{ n: 3 }], big: [{ _id: 2 }] })
})

test('results come in batches like those of find', async () => {
  const { collectionName } = await contract.collect(Array.from({ length: 150 }, (_, i) => ({ _id: i })))
  const { cursor } = await contract.run({ aggregate: collectionName, pipeline: [], cursor: {} })
  assert.equal(cursor.firstBatch.length, 101)
  assert.notEqual(Number(cursor.id), 0)
})

test('an unknown stage, two stages in one and a missing cursor are refused', async () => {
  const { collectionName } = await contract.collect([{ _id: 1 }])
  const cursor = {}
  // MongoDB's codes; DocumentDB answers UnknownError (8) to both.
  const [unknown, several] = contract.isEmbedded ? [40324, 40323] : [8, 8]
  await contract.refuses({ aggregate: collectionName, pipeline: [{ $nonsense: {} }], cursor }, unknown)
  await contract.refuses({ aggregate: collectionName, pipeline: [{ $skip: 1, $limit: 1 }], cursor }, several)
  await contract.refuses({ aggregate: collectionName, pipeline: [] }, 9)
})

test('change streams are refused as a standalone MongoDB does', async (t) => {
  if (!contract.isEmbedded) return t.skip('DocumentDB does not know the stage')
  const { collectionName } = await contract.collect([])
  await contract.refuses({ aggregate: collectionName, pipeline: [{ $changeStream: {} }], cursor: {} }, 40573)
})
