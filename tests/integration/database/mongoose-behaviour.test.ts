import assert from 'node:assert/strict'
import test, { after, before, type TestContext } from 'node:test'
import mongoose, { Schema } from 'mongoose'
import { openTestDatabase, type TestDatabase } from '../../support/test-database.ts'

let database: TestDatabase
let connection: mongoose.Connection

before(async () => {
  database = await openTestDatabase('mongoose')
  connection = await mongoose.createConnection(database.uri, { autoIndex: false }).asPromise()
})

after(async () => {
  await connection.close()
  await database.close()
})

test('populate follows references, of one and of many, with a match of its own', async () => {
  const Person = connection.model('Person', new Schema({ name: String, age: Number }))
  const Story = connection.model(
    'Story',
    new Schema({
      title: String,
      author: { type: Schema.Types.ObjectId, ref: 'Person' },
      fans: [{ type: Schema.Types.ObjectId, ref: 'Person' }],
    }),
  )
  const ann = await Person.create({ name: 'Ann', age: 40 })
  const ben = await Person.create({ name: 'Ben', age: 20 })
  await Story.create({ title: 'One', author: ann._id, fans: [ann._id, ben._id] })
  const story = await Story.findOne({ title: 'One' })
    .populate<{ author: { name: string } }>('author')
    .populate<{ fans: { name: string }[] }>({ path: 'fans', match: { age: { $gt: 30 } } })
    .orFail()
  assert.equal(story.author.name, 'Ann')
  assert.deepEqual(
    story.fans.map(({ name }) => name),
    ['Ann'],
  )
})

test('discriminators share a collection and find only their own', async () => {
  const Event = connection.model('Event', new Schema({ at: Date }, { discriminatorKey: 'kind' }))
  const Click = Event.discriminator('Click', new Schema({ url: String }))
  const Login = Event.discriminator('Login', new Schema({ user: String }))
  await Click.create({ at: new Date(), url: '/' })
  await Login.create({ at: new Date(), user: 'ann' })
  assert.equal(await Event.countDocuments({}), 2)
  const [click, ...others] = await Click.find({})
  assert.deepEqual([click?.url, others.length], ['/', 0])
})

test('a document that somebody else changed is not saved over: VersionError', async () => {
  const schema = new Schema({ tags: [String], n: Number }, { optimisticConcurrency: true })
  const Note = connection.model('Note', schema)
  const { _id } = await Note.create({ tags: ['a', 'b'], n: 1 })
  const [mine, theirs] = [await Note.findById(_id).orFail(), await Note.findById(_id).orFail()]
  theirs.n = 2
  await theirs.save()
  mine.tags.splice(0, 1)
  await assert.rejects(mine.save(), mongoose.Error.VersionError)
  assert.deepEqual([...(await Note.findById(_id).orFail()).tags], ['a', 'b'])
})

test('bulkWrite and bulkSave report what they did', async () => {
  const Item = connection.model('Item', new Schema({ _id: Number, n: Number }))
  const result = await Item.bulkWrite([
    { insertOne: { document: { _id: 1, n: 1 } } },
    { insertOne: { document: { _id: 2, n: 1 } } },
    { updateMany: { filter: {}, update: { $inc: { n: 1 } } } },
    { updateOne: { filter: { _id: 3 }, update: { $set: { n: 9 } }, upsert: true } },
    { deleteOne: { filter: { _id: 1 } } },
  ])
  const { insertedCount, modifiedCount, upsertedCount, deletedCount } = result
  assert.deepEqual([insertedCount, modifiedCount, upsertedCount, deletedCount], [2, 2, 1, 1])
  const items = await Item.find({}).sort({ _id: 1 })
  for (const item of items) item.n = 0
  await Item.bulkSave(items)
  assert.equal(await Item.countDocuments({ n: 0 }), 2)
})

test('a cursor hands out every document, in batches, as models', async () => {
  const Row = connection.model('Row', new Schema({ _id: Number }))
  await Row.insertMany(Array.from({ length: 300 }, (_, _id) => ({ _id })))
  const seen: number[] = []
  for await (const row of Row.find({}).sort({ _id: 1 }).cursor({ batchSize: 70 })) seen.push(row._id ?? -1)
  assert.deepEqual(
    seen,
    Array.from({ length: 300 }, (_, i) => i),
  )
})

test('syncIndexes makes what the schema says and drops the rest', async () => {
  const schema = new Schema({ email: String, age: Number })
  schema.index({ email: 1 }, { unique: true })
  const Account = connection.model('Account', schema)
  await Account.createCollection()
  await Account.collection.createIndex({ age: 1 })
  assert.deepEqual(await Account.syncIndexes(), ['age_1'])
  assert.deepEqual((await Account.listIndexes()).map(({ name }) => name).sort(), ['_id_', 'email_1'])
  assert.deepEqual(await Account.diffIndexes(), { toDrop: [], toCreate: [] })
})

test('withTransaction is refused clearly, and nothing of it is stored', async (t: TestContext) => {
  if (!database.uri.includes('.sock')) return t.skip('DocumentDB has its own answer')
  const Entry = connection.model('Entry', new Schema({ n: Number }))
  await assert.rejects(
    connection.transaction((session) => Entry.create([{ n: 1 }], { session })),
    // The driver words IllegalOperation (20) anew, as it does for a standalone MongoDB.
    (error: { originalError?: { code: number } }) => error.originalError?.code === 20,
  )
  assert.equal(await Entry.countDocuments({}), 0)
})
