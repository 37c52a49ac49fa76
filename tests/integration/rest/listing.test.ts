import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { listAllVideos, listVideos } from '#lib/catalog/list-videos'
import { indexOldVideos } from '#lib/db/index-old-videos'
import { UserModel } from '#lib/db/models/user'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { scopesOfRole, type Viewer } from '#lib/domain/permissions'
import { VIDEO_SORTS } from '#lib/domain/video-view'
import { isPeekrError } from '#lib/errors'
import { type TestDatabase, withTestDatabase } from '../../support/test-database.ts'

let database: TestDatabase
before(async () => {
  database = await withTestDatabase()
})
after(() => database.close())
beforeEach(() => VideoModel.deleteMany({}))

const viewer = makeViewer('Ana')

for (const sort of VIDEO_SORTS) {
  test(`paging by ${sort} shows each video once and in order, however many come and go meanwhile`, async () => {
    for (let seed = 1; seed <= 4; seed += 1) {
      await VideoModel.deleteMany({})
      const random = createRandom(seed)
      const atStart = await addVideos(40, random)
      const doomed = atStart.slice(0, 5)
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const limit = 1 + Math.floor(random() * 7)
        const page = await listVideos({ viewer: null, sort, limit, ...(cursor !== undefined && { cursor }) })
        assert.ok(page.items.length <= limit)
        seen.push(...page.items.map(({ id }) => id))
        cursor = page.nextCursor ?? undefined
        await addVideos(2, random)
        const gone = doomed.pop()
        if (gone !== undefined) await VideoModel.updateOne({ _id: gone }, { $set: { deletedAt: new Date() } })
      } while (cursor !== undefined && seen.length < 500)
      assert.equal(new Set(seen).size, seen.length, 'a video came twice')
      for (const id of atStart.slice(5)) assert.ok(seen.includes(id), `seed ${seed}: ${id} was left out`)
      const { items } = await listVideos({ viewer: null, sort, limit: 100 })
      const order = items.map(({ id }) => id).filter((id) => seen.includes(id))
      assert.deepEqual(
        seen.filter((id) => order.includes(id)),
        order,
      )
    }
  })
}

test('a cursor that is not one of ours is refused with a sentence, whatever is in it', async () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const id = createId()
  for (const sort of VIDEO_SORTS) {
    for (const cursor of [
      '',
      'x',
      '%00',
      encode(null),
      encode({ $gt: '' }),
      encode([{ $gt: '' }, id]),
      encode([['a'], id]),
      encode(['yesterday', { $gt: '' }]),
      encode([true, id]),
      encode([null, 'not an id']),
      ...(sort === 'title' ? [encode([7, id])] : [encode(['yesterday', id])]),
    ]) {
      await assert.rejects(listVideos({ viewer: null, sort, cursor }), (error) => {
        assert.ok(isPeekrError(error), `${sort} ${cursor}: ${error}`)
        return error.code === 'invalid_input'
      })
    }
  }
})

test('strangers find public videos that play; unlisted, private and unfinished ones only their owner does', async () => {
  const mine = { ownerId: viewer.userId }
  const ids = {
    public: await addVideo({ visibility: 'public' }),
    unlisted: await addVideo({ visibility: 'unlisted' }),
    private: await addVideo({ visibility: 'private' }),
    unfinished: await addVideo({ visibility: 'public', state: 'transcoding', playable: false }),
    deleted: await addVideo({ visibility: 'public', deletedAt: new Date() }),
    myPrivate: await addVideo({ visibility: 'private', ...mine }),
    myUnlisted: await addVideo({ visibility: 'unlisted', ...mine }),
    myFailed: await addVideo({ visibility: 'private', state: 'failed', playable: false, ...mine }),
  }
  const listed = async (who: Viewer | null, own = false) =>
    (await listVideos({ viewer: who, mine: own })).items.map(({ id }) => id).sort()
  const sorted = (...names: (keyof typeof ids)[]) => names.map((name) => ids[name]).sort()
  assert.deepEqual(await listed(null), sorted('public'))
  assert.deepEqual(await listed(makeViewer('Ben')), sorted('public'))
  assert.deepEqual(await listed(viewer), sorted('public', 'myPrivate', 'myUnlisted', 'myFailed'))
  assert.deepEqual(await listed(viewer, true), sorted('myPrivate', 'myUnlisted', 'myFailed'))
  assert.deepEqual(await listed(null, true), [])
  const all = await listAllVideos({ viewer, limit: 100 })
  assert.equal(all.items.length, 7)
  const failed = await listAllVideos({ viewer, state: 'failed' })
  assert.deepEqual(
    failed.items.map(({ id }) => id),
    [ids.myFailed],
  )
})

test('a search finds every word in title, description or tags, in any case, and takes signs as they are', async () => {
  const found = async (q: string) => (await listVideos({ viewer: null, q })).items.map(({ title }) => title)
  await addVideo({ title: 'A Walk (2024)', description: 'along the Elbe', tags: ['Dresden'] })
  await addVideo({ title: 'Cooking .* with Ana', description: '', tags: [] })
  await UserModel.deleteMany({})
  assert.deepEqual(await found('walk ELBE dresden'), ['A Walk (2024)'])
  assert.deepEqual(await found('(2024)'), ['A Walk (2024)'])
  assert.deepEqual(await found('.*'), ['Cooking .* with Ana'])
  assert.deepEqual(await found('walk cooking'), [])
  assert.deepEqual((await found('  ')).length, 2)
})

test('a search finds words by their beginnings, without accents, and in scripts without spaces by any part', async () => {
  const found = async (q: string) =>
    (await listVideos({ viewer: null, q, sort: 'title' })).items.map(({ title }) => title)
  await addVideo({ title: 'Été à la mer', description: 'Straßenmusik; a holiday' })
  await addVideo({ title: 'Holidays', description: 'the sea-side' })
  await addVideo({ title: '東京の旅行', tags: ['日本'] })
  assert.deepEqual(await found('hol'), ['Holidays', 'Été à la mer'])
  assert.deepEqual(await found('h'), ['Holidays', 'Été à la mer'])
  assert.deepEqual(await found('holidays sea'), ['Holidays'])
  assert.deepEqual(await found('hol mer'), ['Été à la mer'])
  assert.deepEqual(await found('ete'), ['Été à la mer'])
  assert.deepEqual(await found('ÉTÉ straß'), ['Été à la mer'])
  assert.deepEqual(await found('sea-side'), ['Holidays'])
  assert.deepEqual(await found('旅行'), ['東京の旅行'])
  assert.deepEqual(await found('京の'), ['東京の旅行'])
  assert.deepEqual(await found('行旅'), [])
  assert.deepEqual(await found('"holidays" -sea'), [])
})

test('a search follows every change of a video, and finds those stored before there was an index', async () => {
  const found = async (q: string) => (await listVideos({ viewer: null, q })).items.map(({ id }) => id)
  const id = await addVideo({ title: 'First', description: 'kept' })
  await VideoModel.updateOne({ _id: id }, { $set: { title: 'Second', tags: ['tagged'] } })
  assert.deepEqual(await found('first'), [])
  assert.deepEqual(await found('second tagged kept'), [id])
  await VideoModel.findOneAndUpdate({ _id: id }, { description: 'changed' })
  assert.deepEqual([await found('kept'), await found('changed')], [[], [id]])
  await VideoModel.collection.updateOne({ _id: id as never }, { $unset: { search: '' } })
  assert.deepEqual(await found('second'), [])
  await indexOldVideos()
  assert.deepEqual(await found('second'), [id])
})

test('a search among many finds the newest first, page by page, also of other people’s and one’s own', async () => {
  const random = createRandom(3)
  await addVideos(150, random)
  for (let i = 0; i < 10; i++) {
    await addVideo({
      title: `T1 mine ${i}`,
      visibility: 'private',
      ownerId: viewer.userId,
      createdAt: new Date(1_700_000_000_000 + i * 500),
    })
  }
  const all = await VideoModel.find({ title: /^T1/ })
    .setOptions({ sanitizeFilter: false })
    .sort({ createdAt: -1, _id: -1 })
    .lean()
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await listVideos({ viewer, q: 't1', limit: 7, ...(cursor !== undefined && { cursor }) })
    seen.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  assert.deepEqual(
    seen,
    all.map(({ _id }) => _id),
  )
})

let count = 0
async function addVideo(facts: Partial<VideoRecord> = {}): Promise<string> {
  const _id = createId()
  count += 1
  await VideoModel.create({
    _id,
    ownerId: createId(),
    uploadId: createId(),
    title: `Video ${count}`,
    state: 'ready',
    playable: true,
    visibility: 'public',
    source: { filename: 'clip.mp4', sizeBytes: 1, sha256: null },
    ...facts,
  })
  return _id
}

/** With few different values of everything, so that ties are common. */
async function addVideos(amount: number, random: () => number): Promise<string[]> {
  const ids: string[] = []
  for (let at = 0; at < amount; at += 1) {
    const durationSeconds = random() < 0.3 ? null : Math.floor(random() * 4)
    const createdAt = new Date(1_700_000_000_000 + Math.floor(random() * 6) * 1000)
    ids.push(await addVideo({ title: `T${Math.floor(random() * 5)}`, durationSeconds, createdAt }))
  }
  return ids
}

function makeViewer(name: string): Viewer {
  return {
    userId: createId(),
    name,
    email: 'a@example.org',
    role: 'uploader',
    scopes: scopesOfRole('uploader'),
    via: 'session',
  }
}

/** Mulberry32: the same figures for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296
  }
}
