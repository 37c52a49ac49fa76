import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { JobModel, type JobRecord } from '#lib/db/models/job'
import { getServerTime } from '#lib/db/server-time'
import { createId } from '#lib/domain/id'
import { errorMessage } from '#lib/errors'
import {
  ATTEMPTS_MAX,
  claimJob,
  completeJob,
  dueAt,
  enqueueJob,
  failJob,
  failLostJobs,
  findDueKinds,
  handBackJob,
  LEASE_MS,
  renewLease,
} from '#lib/jobs/leases'
import { type TestDatabase, withTestDatabase } from '../../support/test-database.ts'

let database: TestDatabase
before(async () => {
  database = await withTestDatabase()
})
after(() => database.close())
afterEach(() => JobModel.deleteMany({}))

const NOTHING = { result: null, log: [], encoder: null }
const PASSING = { code: 'encode_failed' as const, message: errorMessage('encode_failed'), details: {} }

test('of 50 workers that want one job, one gets it', async () => {
  await enqueueJob('transcode', createId())
  const claims = await Promise.all(Array.from({ length: 50 }, (_, at) => race(`worker ${at}`, ['transcode'])))
  assert.equal(claims.filter((claim) => claim !== null).length, 1)
})

test('50 workers share 20 jobs without taking one twice', async () => {
  await Promise.all(Array.from({ length: 20 }, () => enqueueJob('hash', createId())))
  const claims = await Promise.all(Array.from({ length: 50 }, (_, at) => race(`worker ${at}`, ['hash'])))
  const ids = claims.flatMap((claim) => (claim === null ? [] : [claim._id]))
  assert.equal(ids.length, 20)
  assert.equal(new Set(ids).size, 20)
})

test('what is due is found among what runs and what has ended', async () => {
  await endJobs(3)
  await enqueueJob('publish', createId())
  await enqueueJob('delete', createId())
  await claim('delete') // by somebody who is at it
  assert.deepEqual(await findDueKinds(), ['publish'])
})

test('looking for work reads what is open, and the list of jobs one page, however much has ended', {
  skip: process.env.MONGODB_URI ? 'DocumentDB’s gateway has no explain command' : false,
}, async () => {
  await endJobs(500)
  const { collection } = JobModel
  const pages = [{}, { state: 'done' }].map((filter) =>
    collection.find(filter).sort({ createdAt: -1, _id: 1 }).limit(50),
  )
  const looks = [collection.find(dueAt(await getServerTime())), ...pages]
  for (const [at, look] of looks.entries()) {
    const { executionStats } = await look.explain('executionStats')
    assert.ok(executionStats.totalDocsExamined <= 60, `${at}: ${JSON.stringify(executionStats)}`)
  }
})

test('an event delivered 50 times at once makes one job', async () => {
  const videoId = createId()
  await Promise.all(Array.from({ length: 50 }, () => persistently(() => enqueueJob('ingest', videoId))))
  assert.equal(await JobModel.countDocuments({ videoId }), 1)
})

test('asking for a job anew 50 times runs it once more, and never a second time beside one that runs', async () => {
  const videoId = createId()
  await enqueueJob('delete', videoId)
  await completeJob(await claim('delete'), NOTHING)
  await Promise.all(
    Array.from({ length: 50 }, () => persistently(() => enqueueJob('delete', videoId, { fresh: true }))),
  )
  const again = await claim('delete')
  assert.equal(again.attempts, 1)
  await enqueueJob('delete', videoId, { fresh: true })
  assert.equal(await claimJob('other', ['delete']), null)
})

test('a lease that lapsed is taken up, and nothing its old holder writes changes anything', async () => {
  await enqueueJob('transcode', createId())
  const old = await claim('transcode', 'old')
  assert.equal(await claimJob('new', ['transcode']), null, 'a living lease was stolen')
  await lapse(old)
  const taken = await claim('transcode', 'new')
  assert.equal(taken._id, old._id)
  assert.equal(taken.attempts, 2)
  const before = await JobModel.findById(old._id).lean()
  assert.equal(await renewLease(old, { progress: 0.9, log: ['old'] }), 'lost')
  assert.equal(await completeJob(old, { ...NOTHING, result: 'old' }), 'lost')
  assert.equal(await failJob(old, PASSING, ['old']), 'lost')
  await handBackJob(old)
  assert.deepEqual(await JobModel.findById(old._id).lean(), before)
  assert.equal(await completeJob(taken, { ...NOTHING, result: 'new' }), 'done')
  assert.equal((await JobModel.findById(old._id).lean())?.result, 'new')
})

test('a holder back from an outage does not take up beside itself what it is still working on', async () => {
  await enqueueJob('transcode', createId())
  const mine = await claim('transcode')
  await lapse(mine)
  assert.equal(await claimJob('holder', ['transcode'], [mine._id]), null)
  assert.equal(await renewLease(mine, { progress: 0.5, log: [] }), 'held')
  assert.equal(await claimJob('other', ['transcode']), null)
})

test('a job whose holders die is tried three times, then fails as worker_lost with a sentence', async () => {
  await enqueueJob('transcode', createId())
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const job = await claim('transcode', `worker ${attempt}`)
    assert.equal(job.attempts, attempt)
    assert.deepEqual(await failLostJobs(), [])
    await lapse(job)
  }
  assert.equal(await claimJob('fourth', ['transcode']), null)
  const results = await Promise.all([failLostJobs(), failLostJobs(), failLostJobs()])
  assert.equal(results.flat().length, 1, 'the loss was told more than once')
  const job = await JobModel.findOne({}).lean()
  assert.equal(job?.state, 'failed')
  assert.deepEqual(job?.failure, { code: 'worker_lost', message: errorMessage('worker_lost') })
})

test('an error that may pass is tried again after 2 s and 4 s, and the third time counts', async () => {
  await enqueueJob('transcode', createId())
  for (const pauseMs of [2_000, 4_000]) {
    const job = await claim('transcode')
    assert.equal(await failJob(job, PASSING, []), 'retried')
    assert.equal(await claimJob('eager', ['transcode']), null)
    const { runAfter } = (await JobModel.findById(job._id).lean()) as JobRecord
    const waitMs = runAfter.getTime() - (await getServerTime()).getTime()
    assert.ok(waitMs > pauseMs - 1_000 && waitMs <= pauseMs, `waits ${waitMs} ms`)
    await JobModel.updateOne({ _id: job._id }, { $set: { runAfter: new Date(0) } })
  }
  assert.equal(await failJob(await claim('transcode'), PASSING, []), 'failed')
})

test('an error that cannot pass is not tried again', async () => {
  await enqueueJob('ingest', createId())
  const error = { code: 'source_not_video' as const, message: 'No.', details: {} }
  assert.equal(await failJob(await claim('ingest'), error, []), 'failed')
  assert.equal(await claimJob('other', ['ingest']), null)
})

test('a job handed back at shutdown is there at once for the next, and the attempt does not count', async () => {
  await enqueueJob('transcode', createId())
  for (let round = 0; round < 5; round += 1) {
    const job = await claim('transcode')
    assert.equal(job.attempts, 1)
    await handBackJob(job)
    assert.equal(await completeJob(job, NOTHING), 'lost')
  }
})

test('a clock on this machine that jumps an hour either way neither steals a lease nor loses one', async (t) => {
  await enqueueJob('transcode', createId())
  const job = await claim('transcode')
  for (const jumpMs of [3_600_000, -3_600_000]) {
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + jumpMs })
    assert.equal(await claimJob('jumper', ['transcode']), null)
    assert.deepEqual(await failLostJobs(), [])
    assert.equal(await renewLease(job, { progress: 0, log: [] }), 'held')
    t.mock.timers.reset()
    const { lease } = (await JobModel.findById(job._id).lean()) as JobRecord
    const leftMs = (lease?.expiresAt.getTime() ?? 0) - (await getServerTime()).getTime()
    assert.ok(leftMs > LEASE_MS - 5_000 && leftMs <= LEASE_MS, `the lease holds ${leftMs} ms`)
  }
})

test('a cancellation wins over an end that comes at the same time, but not over a publish that went through', async () => {
  for (const [kind, finish, ending] of [
    ['transcode', (job: JobRecord) => completeJob(job, NOTHING), 'cancelled'],
    ['hash', (job: JobRecord) => failJob(job, PASSING, []), 'cancelled'],
    ['publish', (job: JobRecord) => completeJob(job, NOTHING), 'done'],
  ] as const) {
    await enqueueJob(kind, createId())
    const job = await claim(kind)
    await JobModel.updateOne({ _id: job._id }, { $set: { cancelRequested: true } })
    assert.equal(await renewLease(job, { progress: 0, log: [] }), 'cancelled')
    assert.equal(await finish(job), ending)
    assert.equal((await JobModel.findById(job._id).lean())?.state, ending)
  }
})

async function claim(kind: JobRecord['kind'], holder = 'holder'): Promise<JobRecord> {
  const job = await claimJob(holder, [kind])
  assert.ok(job, `there was no ${kind} to claim`)
  return job
}

function race(holder: string, kinds: JobRecord['kind'][]): Promise<JobRecord | null> {
  return persistently(() => claimJob(holder, kinds))
}

/** As the runner and the sweep do: a database that breaks up a deadlock (DocumentDB) refuses one, who comes again later. */
async function persistently<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof Error) || !/deadlock/.test(error.message)) throw error
      await sleep(20 + Math.random() * 200) // fifty that come back at once meet again
    }
  }
}

async function lapse({ _id }: JobRecord): Promise<void> {
  await JobModel.updateOne({ _id }, { $set: { 'lease.expiresAt': new Date(Date.now() - 1_000) } })
}

async function endJobs(count: number): Promise<void> {
  const now = await getServerTime()
  const ended = { kind: 'transcode', state: 'done', attempts: 1, runAfter: now, createdAt: now }
  await JobModel.insertMany(
    Array.from({ length: count }, () => ({ ...ended, _id: createId(), videoId: createId() })),
  )
}
