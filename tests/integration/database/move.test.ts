import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before, type TestContext } from 'node:test'
import { mongo } from 'mongoose'
import { startEmbeddedDatabase } from '#lib/db/embedded/start-embedded-database'
import { exportDatabase, tallyCollection } from '#lib/db/export-database'
import { importDatabase } from '#lib/db/import-database'
import { IMPORT_MARK, requireWholeImport } from '#lib/db/import-mark'
import { openTestDatabase, type TestDatabase } from '../../support/test-database.ts'

let database: TestDatabase
let client: mongo.MongoClient
let source: mongo.Db

const { Binary, Decimal128, Double, Int32, Long, ObjectId } = mongo.BSON

before(async () => {
  database = await openTestDatabase('move')
  client = await mongo.MongoClient.connect(database.uri)
  source = client.db()
  const things = await source.createCollection('things')
  await things.insertMany([
    { int: new Int32(1), double: new Double(1), long: Long.fromString('9007199254740993') },
    { decimal: Decimal128.fromString('1.50'), bytes: new Binary(Buffer.of(0, 0x80, 255)), at: new Date(5) },
    { z: 1, a: [null, { deep: new ObjectId() }], text: 'ä\u0000b', regex: /^a/i, '': 'empty name' },
  ])
  const sessions = await source.createCollection('sessions')
  await sessions.createIndexes([
    { key: { token: 1 }, unique: true },
    { key: { over: 1 }, expireAfterSeconds: 3600 },
    { key: { a: 1, b: -1 }, partialFilterExpression: { live: true } },
    { key: { note: 'text' }, weights: { note: 3 }, default_language: 'none' },
  ])
  await sessions.insertMany(
    Array.from({ length: 1_200 }, (_, token) => ({ token, over: new Date(), a: token % 7 })),
  )
  await source.createCollection('empty')
})

after(async () => {
  await client.close()
  await database.close()
})

async function makeFile(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-move-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'peekr.db.gz')
}

/** An empty database: always embedded, so that with MONGODB_URI the move is from the one kind to the other. */
async function openTarget(t: TestContext): Promise<mongo.Db> {
  const dataPath = await mkdtemp(join(tmpdir(), 'peekr-target-'))
  const embedded = await startEmbeddedDatabase({ dataPath })
  const opened = await mongo.MongoClient.connect(embedded.uri)
  t.after(async () => {
    await opened.close()
    await embedded.stop()
    await rm(dataPath, { recursive: true, force: true })
  })
  return opened.db()
}

async function describe(db: mongo.Db) {
  const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name).sort()
  return Promise.all(
    names.map(async (name) => ({
      name,
      ...(await tallyCollection(db, name)),
      indexes: (await db.collection(name).indexes())
        .map(({ key, unique, expireAfterSeconds, weights }) => [
          key,
          unique === true,
          expireAfterSeconds ?? null,
          weights ?? null,
        ])
        .sort(),
    })),
  )
}

test('a database moved there and back again is the same, byte for byte, with its indexes', async (t) => {
  const [there, back] = [await makeFile(t), await makeFile(t)]
  const exported = await exportDatabase(source, there)
  assert.deepEqual(
    exported.map(({ name, count }) => [name, count]),
    [
      ['empty', 0],
      ['sessions', 1_200],
      ['things', 3],
    ],
  )
  const target = await openTarget(t)
  await importDatabase(target, there)
  assert.deepEqual(await describe(target), await describe(source))
  await exportDatabase(target, back)
  const again = client.db(`${source.databaseName}-b`)
  t.after(() => again.dropDatabase())
  assert.deepEqual(await importDatabase(again, back), exported)
  assert.deepEqual(await describe(again), await describe(source))
})

test('a file that is cut off or changed is refused before anything is stored', async (t) => {
  const file = await makeFile(t)
  await exportDatabase(source, file)
  const target = await openTarget(t)
  const bytes = await readFile(file)
  const flipped = Array.from({ length: 40 }, (_, i) => {
    const copy = Buffer.from(bytes)
    const at = 20 + Math.floor(((bytes.length - 30) * i) / 40)
    copy[at] = (copy[at] ?? 0) ^ 0x10
    return copy
  })
  for (const bad of [bytes.subarray(0, bytes.length - 20), ...flipped, Buffer.from('not a dump')]) {
    await writeFile(file, bad)
    await assert.rejects(importDatabase(target, file), { code: 'invalid_input' })
  }
  assert.deepEqual(await target.listCollections({}).toArray(), [])
})

test('a database that holds something is not imported into, and an existing file is not written over', async (t) => {
  const file = await makeFile(t)
  await exportDatabase(source, file)
  await assert.rejects(exportDatabase(source, file), { code: 'conflict', message: /exists already/ })
  await assert.rejects(importDatabase(source, file), { code: 'conflict', message: /already has documents/ })
  assert.equal(await source.collection('things').countDocuments({}), 3)
})

test('an import that did not get to its end is refused at the start, and begun anew by the next', async (t) => {
  const file = await makeFile(t)
  await exportDatabase(source, file)
  const target = await openTarget(t)
  await target.collection(IMPORT_MARK).insertOne({ startedAt: new Date() })
  await target.collection('sessions').insertOne({ half: true })
  await assert.rejects(requireWholeImport(target), { code: 'database_away', message: /was not finished/ })
  await assert.rejects(exportDatabase(target, `${file}.2`), { code: 'conflict' })
  await importDatabase(target, file)
  await requireWholeImport(target)
  assert.deepEqual(await describe(target), await describe(source))
})

test('a database that changes while it is exported leaves no file', async (t) => {
  const file = await makeFile(t)
  const changing = await openTarget(t)
  const items = changing.collection<{ n: number }>('items')
  await items.insertMany(Array.from({ length: 3_000 }, (_, n) => ({ n })))
  const state = { over: false }
  const writing = (async () => {
    while (!state.over) await items.insertOne({ n: -1 })
  })()
  await assert
    .rejects(exportDatabase(changing, file), { code: 'conflict', message: /changed while/ })
    .finally(() => {
      state.over = true
    })
  await writing
  assert.deepEqual(await readdir(join(file, '..')), [])
})
