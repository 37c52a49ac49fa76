import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { type Db, MongoClient } from 'mongodb'
import { openTestDatabase, type TestDatabase } from '../../support/test-database.ts'

let database: TestDatabase
let client: MongoClient
let db: Db

const DOCUMENTS = 30_000
const READERS = 8

before(async () => {
  database = await openTestDatabase('readers')
  client = await MongoClient.connect(database.uri, { maxPoolSize: READERS + 2 })
  db = client.db()
  await db.createCollection('large')
  for (let at = 0; at < DOCUMENTS; at += 1_000) {
    await db.collection('large').insertMany(
      Array.from({ length: 1_000 }, (_, i) => ({
        n: at + i,
        text: `some text ${at + i} `.repeat(10),
        tags: ['a', 'b', { c: i }],
      })),
    )
  }
})
after(async () => {
  await client.close()
  await database.close()
})

/** Reads that have to look at everything, each in its own way, and what each must answer. */
const READS: [string, () => Promise<unknown>, unknown][] = [
  [
    'find',
    () =>
      db
        .collection('large')
        .find({ text: /nowhere/ })
        .toArray(),
    [],
  ],
  ['count', () => db.collection('large').countDocuments({ n: { $mod: [3, 0] } }), DOCUMENTS / 3],
  [
    'distinct',
    () =>
      db
        .collection('large')
        .distinct('tags', { n: { $lt: 2_000 } })
        .then((values) => values.length),
    1_002,
  ],
  [
    'sort',
    () =>
      db
        .collection('large')
        .find({})
        .sort({ text: -1 })
        .limit(1)
        .toArray()
        .then(([first]) => first?.n),
    9_999,
  ],
  [
    'aggregate',
    () =>
      db
        .collection('large')
        .aggregate([
          { $match: { n: { $gte: 0 } } },
          { $unwind: '$tags' },
          { $match: { tags: 'a' } },
          { $group: { _id: { $mod: ['$n', 2] }, count: { $sum: 1 } } },
          { $sort: { _id: 1 } },
        ])
        .toArray()
        .then((groups) => groups.map(({ count }) => count)),
    [DOCUMENTS / 2, DOCUMENTS / 2],
  ],
]

for (const [name, read, expected] of READS) {
  test(`a ${name} that has to look at everything gives the right answer`, async () => {
    assert.deepEqual(await read(), expected)
  })
}

test('readers that look at everything never keep a writer waiting for their end', async (t) => {
  if (!database.uri.includes('.sock')) return t.skip('the other server has its own ways')
  let reading = true
  const readers = Array.from({ length: READERS }, async (_, i) => {
    while (reading) await READS[i % READS.length]?.[1]()
  })
  const waits: number[] = []
  const until = performance.now() + 4_000
  while (performance.now() < until) {
    const startedAtMs = performance.now()
    await db.collection('small').insertOne({ at: new Date() })
    waits.push(performance.now() - startedAtMs)
  }
  reading = false
  await Promise.all(readers)
  const longest = Math.max(...waits)
  t.diagnostic(`${waits.length} writes beside ${READERS} readers, the longest took ${Math.round(longest)} ms`)
  // Without turns each of the readers takes its second or so before the writer has another go.
  assert.ok(waits.length >= 10, `only ${waits.length} writes in 4 s`)
  assert.ok(longest < 1_500, `a write took ${Math.round(longest)} ms`)
})
