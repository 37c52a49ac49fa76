import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import mongoose from 'mongoose'
import { UserModel } from '#lib/db/models/user'
import { VideoModel } from '#lib/db/models/video'
import { type TestDatabase, withTestDatabase } from '../../support/test-database.ts'

let database: TestDatabase

before(async () => {
  database = await withTestDatabase()
})

after(() => database.close())

function buildUser(id: string) {
  return { _id: id, email: `${id}@example.org`, name: id, role: 'uploader' as const, passwordHash: 'x' }
}

test('models are stored, found, changed and removed through mongoose', async () => {
  const user = await UserModel.create(buildUser('ann'))
  assert.ok(user.createdAt instanceof Date)
  await UserModel.updateOne({ _id: 'ann' }, { $inc: { sessionVersion: 1 }, $set: { name: 'Ann' } })
  const found = await UserModel.findOne({ email: 'ann@example.org' }).lean()
  assert.equal(found?.sessionVersion, 2)
  assert.equal(found?.name, 'Ann')
  const loaded = await UserModel.findById('ann')
  if (!loaded) throw new Error('The user is gone.')
  loaded.role = 'admin'
  await loaded.save()
  assert.equal(await UserModel.countDocuments({ role: 'admin' }), 1)
  assert.equal((await UserModel.deleteOne({ _id: 'ann' })).deletedCount, 1)
  assert.equal(await UserModel.exists({ _id: 'ann' }), null)
})

test('two accounts with one address are refused, with the field that is taken', async () => {
  await UserModel.create(buildUser('ben'))
  await assert.rejects(
    UserModel.create({ ...buildUser('bob'), email: 'ben@example.org' }),
    (error: mongoose.mongo.MongoServerError) => {
      assert.equal(error.code, 11000)
      assert.match(error.message, /email/)
      return true
    },
  )
})

test('the library’s own questions are answered in order, page by page', async () => {
  const videos = Array.from({ length: 30 }, (_, i) => ({
    _id: `v${String(i).padStart(2, '0')}`,
    ownerId: i % 3 === 0 ? 'ann' : 'ben',
    uploadId: `u${i}`,
    title: `Clip ${i}`,
    state: 'ready' as const,
    visibility: i % 2 === 0 ? ('public' as const) : ('private' as const),
    source: { filename: 'a.mp4', sizeBytes: 5_000_000_000 + i },
  }))
  await VideoModel.insertMany(videos)
  const page = await VideoModel.find({ deletedAt: null, visibility: 'public' })
    .sort({ createdAt: -1, _id: -1 })
    .limit(5)
    .lean()
  assert.deepEqual(
    page.map(({ _id }) => _id),
    ['v28', 'v26', 'v24', 'v22', 'v20'],
  )
  assert.equal(page[0]?.source.sizeBytes, 5_000_000_028)
  const used = await VideoModel.aggregate([
    { $match: { deletedAt: null } },
    { $group: { _id: '$ownerId', videos: { $sum: 1 }, bytes: { $sum: '$source.sizeBytes' } } },
    { $sort: { _id: 1 } },
  ])
  assert.deepEqual(
    used.map(({ _id, videos: count }) => [_id, count]),
    [
      ['ann', 10],
      ['ben', 20],
    ],
  )
  const named = await VideoModel.find({
    title: mongoose.trusted({ $regex: 'clip 1\\d', $options: 'i' }),
  }).lean()
  assert.equal(named.length, 10)
})

test('of many workers that take a job at the same moment, one gets it', async () => {
  await VideoModel.create({
    _id: 'w',
    ownerId: 'o',
    uploadId: 'w',
    title: 't',
    state: 'ingesting',
    source: { filename: 'f', sizeBytes: 1 },
  })
  const takes = await Promise.all(
    Array.from({ length: 20 }, () =>
      VideoModel.findOneAndUpdate(
        { _id: 'w', state: 'ingesting' },
        { $set: { state: 'transcoding' } },
        { returnDocument: 'after' },
      ),
    ),
  )
  assert.equal(takes.filter(Boolean).length, 1)
})
