import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { BuildModel } from '#lib/db/models/build'
import { JobModel } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { getServerTime } from '#lib/db/server-time'
import { createId } from '#lib/domain/id'
import { claimJob, completeJob, enqueueJob } from '#lib/jobs/leases'
import { advanceVideo } from '#lib/pipeline'
import { openPipelineTest, type PipelineTest } from '../../support/pipeline-test.ts'
import { seedVideo } from '../../support/seed-video.ts'

let peekr: PipelineTest
before(async () => {
  peekr = await openPipelineTest()
})
after(() => peekr.close())

test('a video put together before its unit was told to be done gets its pictures, its hash and its publish', async () => {
  const { _id: videoId } = await seedVideo(peekr.owner)
  await VideoModel.updateOne({ _id: videoId }, { $set: { state: 'transcoding' } })
  await BuildModel.create({
    _id: createId(),
    videoId,
    probe: {},
    plan: {},
    lanes: {},
    transcoded: {},
    createdAt: await getServerTime(),
  })
  for (const kind of ['ingest', 'plan', 'transcode', 'assemble'] as const) {
    await enqueueJob(kind, videoId, kind === 'transcode' ? { unit: '0-low' } : {})
    await end(kind)
  }
  // Every event that there is to come: the end of what is queued.
  await advanceVideo(videoId)
  await advanceVideo(videoId)
  assert.deepEqual(await findQueued(videoId), ['hash', 'pictures'])
  await end('pictures')
  await end('hash')
  await advanceVideo(videoId)
  assert.deepEqual(await findQueued(videoId), ['publish'])
})

async function end(kind: Parameters<typeof enqueueJob>[0]): Promise<void> {
  const job = await claimJob('worker', [kind])
  assert.ok(job, kind)
  await completeJob(job, { result: null, log: [], encoder: null })
}

async function findQueued(videoId: string): Promise<string[]> {
  const jobs = await JobModel.find({ videoId, state: 'queued' }).lean()
  return jobs.map(({ kind }) => kind).sort()
}
