import assert from 'node:assert/strict'
import test from 'node:test'
import type { Collection, Document } from 'mongodb'
import { openContract } from '../../../support/contract.ts'

/** https://www.mongodb.com/docs/manual/reference/operator/query/text/ decides where the engines differ. */
const contract = openContract('text')

const SUBJECTS = [
  { _id: 1, subject: 'coffee', views: 50 },
  { _id: 2, subject: 'Coffee Shopping', views: 5 },
  { _id: 3, subject: 'Baking a cake', views: 90 },
  { _id: 4, subject: 'baking', views: 100 },
  { _id: 5, subject: 'Café Con Leche', views: 200 },
  { _id: 6, subject: 'Сырники', views: 80 },
  { _id: 7, subject: 'coffee, cream', views: 10 },
  { _id: 8, subject: 'Cafe con Leche', views: 10 },
]

async function collectText(
  documents: Document[],
  key: Record<string, 'text'>,
  options: Document = {},
): Promise<Collection<Document>> {
  const collection = await contract.collect(documents)
  await collection.createIndex(key, { default_language: 'none', ...options })
  return collection
}

async function find(collection: Collection<Document>, $search: string, more: Document = {}) {
  const found = await collection
    .find({ $text: { $search, ...more } })
    .sort({ _id: 1 })
    .toArray()
  return found.map(({ _id }) => _id)
}

test('any of the words is enough, whatever their case and accents', async () => {
  const collection = await collectText(SUBJECTS, { subject: 'text' })
  assert.deepEqual(await find(collection, 'coffee'), [1, 2, 7])
  assert.deepEqual(await find(collection, 'COFFEE cake'), [1, 2, 3, 7])
  assert.deepEqual(await find(collection, 'coff'), [])
  assert.deepEqual(await find(collection, ''), [])
  // DocumentDB's text indexes keep accents; those of MongoDB since version 3 do not.
  if (!contract.isEmbedded) return
  assert.deepEqual(await find(collection, 'CAFÉ сырники'), [5, 6, 8])
  assert.deepEqual(await find(collection, 'CAFÉ', { $diacriticSensitive: true }), [5])
  assert.deepEqual(await find(collection, 'Coffee', { $caseSensitive: true }), [2])
})

test('a negated word takes documents away, and alone finds nothing', async (t) => {
  const collection = await collectText(SUBJECTS, { subject: 'text' })
  assert.deepEqual(await find(collection, 'coffee -shopping'), [1, 7])
  // DocumentDB takes the words of a hyphenated one for one word, and what is only negated for everything else.
  if (!contract.isEmbedded) return t.skip('DocumentDB differs in the rest')
  assert.deepEqual(await find(collection, 'coffee-shopping'), [1, 2, 7])
  assert.deepEqual(await find(collection, '-shopping'), [])
  assert.deepEqual(await find(collection, 'coffee - shopping'), [1, 2, 7])
})

test('every phrase has to be there, and no negated one', async (t) => {
  const collection = await collectText(
    [
      { _id: 1, a: 'the red house by the sea' },
      { _id: 2, a: 'a house that is red', b: ['by the sea', 'holidays'] },
      { _id: 3, a: 'seaside' },
    ],
    { a: 'text', b: 'text' },
  )
  assert.deepEqual(await find(collection, '"red house"'), [1])
  assert.deepEqual(await find(collection, '"by the sea"'), [1, 2])
  // DocumentDB joins phrases and words with OR.
  if (!contract.isEmbedded) return t.skip('DocumentDB differs in the rest')
  assert.deepEqual(await find(collection, '"by the sea" "holidays"'), [2])
  assert.deepEqual(await find(collection, '"red house" seaside'), [1])
  assert.deepEqual(await find(collection, 'sea -"red house"'), [2])
  assert.deepEqual(await find(collection, '"sea'), [1, 2])
})

test('the score of a document is that of MongoDB’s manual, by weight, count and share of the text', async (t) => {
  const collection = await collectText(SUBJECTS, { subject: 'text' })
  const scored = await collection
    .find({ $text: { $search: 'coffee' } }, { projection: { score: { $meta: 'textScore' } } })
    .sort({ score: { $meta: 'textScore' } })
    .toArray()
  assert.equal(scored[0]?._id, 1)
  assert.equal(typeof scored[0]?.score, 'number')
  if (!contract.isEmbedded) return t.skip('DocumentDB scores in its own way, and leaves the other fields out')
  assert.equal(scored[0]?.subject, 'coffee')
  assert.deepEqual(
    scored.map(({ _id, score }) => [_id, score]),
    [
      [1, 1.1],
      [2, 0.75],
      [7, 0.75],
    ],
  )
  const weighted = await collectText(
    [{ _id: 1, title: 'one two', note: ['two', 'x y z two two'] }],
    { title: 'text', note: 'text' },
    { weights: { title: 10 } },
  )
  const [only] = await weighted
    .find({ $text: { $search: 'two' } }, { projection: { _id: 0, s: { $meta: 'textScore' } } })
    .toArray()
  const expected = 10 * 0.75 + 1.1 + (1 + 1 / 2) * (0.5 * (2 / 5) + 0.5)
  assert.ok(Math.abs(only?.s - expected) < 1e-9, `${only?.s} is not ${expected}`)
})

test('an aggregation finds by $text in its first stage, and keeps the score to the end', async () => {
  const collection = await collectText(SUBJECTS, { subject: 'text' })
  const found = await collection
    .aggregate([
      { $match: { $text: { $search: 'coffee cake' }, views: { $gte: 10 } } },
      { $project: { views: 1, score: { $meta: 'textScore' } } },
      { $sort: { score: { $meta: 'textScore' }, views: -1 } },
      { $limit: 2 },
    ])
    .toArray()
  assert.equal(found.length, 2)
  assert.equal(typeof found[0]?.score, 'number')
  const late = [{ $match: { views: 10 } }, { $match: { $text: { $search: 'coffee' } } }]
  if (!contract.isEmbedded) return
  assert.equal(found[0]?._id, 1)
  await assert.rejects(collection.aggregate(late).toArray(), { code: 17313 })
  const grouped = [
    { $match: { $text: { $search: 'coffee' } } },
    { $group: { _id: null, best: { $max: { $meta: 'textScore' } } } },
  ]
  assert.deepEqual(await collection.aggregate(grouped).toArray(), [{ _id: null, best: 1.1 }])
})

test('the index follows every write: insert, update, replace, delete, and a write that fails', async () => {
  const collection = await collectText([], { title: 'text', tags: 'text' })
  await collection.createIndex({ slug: 1 }, { unique: true })
  await collection.insertMany([
    { _id: 1, slug: 'a', title: 'first light', tags: ['dawn'] },
    { _id: 2, slug: 'b', title: 'second sight', tags: [] },
  ] as Document[])
  await collection.updateOne({ $text: { $search: 'dawn' } }, { $set: { title: 'last light' } })
  assert.deepEqual(await find(collection, 'first'), [])
  assert.deepEqual(await find(collection, 'last'), [1])
  await assert.rejects(collection.insertOne({ slug: 'a', title: 'third' }), { code: 11000 })
  assert.deepEqual(await find(collection, 'third'), [])
  await collection.updateOne({ _id: 2 } as Document, { $push: { tags: 'dawn' } as never })
  assert.deepEqual(await find(collection, 'dawn'), [1, 2])
  assert.equal(await collection.countDocuments({ $text: { $search: 'light' } }), 1)
  assert.deepEqual(await collection.distinct('slug', { $text: { $search: 'dawn' } }), ['a', 'b'])
  await collection.deleteMany({ $text: { $search: 'sight' } })
  assert.deepEqual(await find(collection, 'dawn'), [1])
})

test('a collection has one text index, listed with its weights and language', async () => {
  const collection = await collectText(
    [{ _id: 1, title: 'one' }],
    { title: 'text', tags: 'text' },
    { weights: { title: 10 }, name: 'search' },
  )
  const listed = (await collection.indexes()).find(({ name }) => name === 'search')
  assert.deepEqual(listed?.key, { _fts: 'text', _ftsx: 1 })
  assert.equal(listed?.weights?.title, 10)
  assert.equal(listed?.default_language, 'none')
  // CannotCreateIndex in MongoDB; DocumentDB answers UnknownError.
  await assert.rejects(
    collection.createIndex({ note: 'text' }, { default_language: 'none' }),
    contract.isEmbedded ? { code: 67 } : Error,
  )
  await collection.dropIndex('search')
  await assert.rejects(find(collection, 'one'), { code: 27 })
})

test('explain shows the text index and the words it is asked for', async (t) => {
  if (!contract.isEmbedded) return t.skip('DocumentDB’s gateway has no explain command')
  const collection = await collectText(SUBJECTS, { subject: 'text' }, { name: 'search' })
  const { queryPlanner, executionStats } = await collection
    .find({ $text: { $search: 'Baking "cake"' } })
    .sort({ views: 1 })
    .explain('executionStats')
  assert.equal(queryPlanner.winningPlan.stage, 'SORT')
  const { stage, indexName, parsedTextQuery } = queryPlanner.winningPlan.inputStage
  assert.deepEqual([stage, indexName, parsedTextQuery], ['TEXT_MATCH', 'search', '"baking" OR "cake"'])
  assert.deepEqual([executionStats.nReturned, executionStats.totalDocsExamined], [1, 2])
})

test('what is not supported of text is refused with a code, never answered wrongly', async (t) => {
  const { collectionName: name } = await collectText(SUBJECTS, { subject: 'text' })
  const refuses = (filter: Document, code: number, more: Document = {}) =>
    contract.refuses({ find: name, filter, ...more }, code)
  const $text = { $search: 'coffee' }
  await refuses({ $and: [{ $text }, { $text }] }, 2)
  await refuses({ subject: { $elemMatch: { $text } } }, 2)
  await refuses({ $text: {} }, 2)
  await refuses({ $text: { $search: 5 } }, 14)
  await refuses({ $text: { $search: 'a', $language: 'klingon' } }, 2)
  await refuses({ $text }, 2, { hint: { _id: 1 } })
  if (!contract.isEmbedded) return t.skip('DocumentDB has codes of its own for the rest')
  await contract.refuses({ find: 'nowhere', filter: { $text } }, 27)
  await refuses({ $or: [{ $text }, { views: 5 }] }, 291)
  await refuses({ $nor: [{ $text }] }, 2)
  await refuses({ $text: { $search: 'a', other: 1 } }, 9)
  await refuses({ $text }, 2, { sort: { $natural: 1 } })
  await refuses({}, 40218, { projection: { s: { $meta: 'textScore' } } })
  await refuses({}, 40218, { sort: { s: { $meta: 'textScore' } } })
  await refuses({ $text }, 17308, { projection: { s: { $meta: 'recordId' } } })
  const created = (key: Document, options: Document = { default_language: 'none' }) =>
    contract.refuses({ createIndexes: 'other', indexes: [{ key, name: 'x', ...options }] }, 67)
  // English would need MongoDB's stop words and stems.
  await created({ a: 'text' }, {})
  await created({ a: 'text' }, { default_language: 'klingon' })
  await created({ a: 1, b: 'text' })
  await created({ '$**': 'text' })
  await created({ a: 'text' }, { default_language: 'none', weights: { a: 0 } })
  await created({ a: 'text' }, { default_language: 'none', unique: true })
  await contract.run({ insert: name, documents: [{ _id: 9, subject: 'x', language: 'none' }] })
  const { writeErrors } = await contract.run({
    insert: name,
    documents: [{ subject: 'x', language: 'english' }],
  })
  assert.equal(writeErrors[0].code, 17262)
})
