import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { removeOrphans } from '#lib/catalog/remove-orphans'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { VIDEO_RECORD } from '#lib/domain/media-paths'
import { getLibrary } from '#lib/jobs/library'
import { closePool } from '#lib/jobs/pool'
import { openPipelineTest, type PipelineTest } from '../../support/pipeline-test.ts'

const HOUR_MS = 3_600_000

let world: PipelineTest
before(async () => {
  world = await openPipelineTest()
})
after(async () => {
  await closePool()
  await world.close()
})

test('only unfinished videos without a record go, and only once nobody can be making them', async () => {
  const library = await getLibrary()
  const [orphan, published, recorded] = [createId(), createId(), createId()]
  for (const videoId of [orphan, published, recorded]) await library.createVideo(videoId)
  await library.writeVideoFile(published, VIDEO_RECORD, '{}')
  await VideoModel.create({
    _id: recorded,
    ownerId: world.owner.userId,
    uploadId: createId(),
    title: 'recorded',
    state: 'ingesting',
    source: { filename: 'a.mp4', sizeBytes: 1, sha256: null },
  })
  const ids = async () => (await library.listVideoIds()).toSorted()
  await removeOrphans()
  assert.deepEqual(await ids(), [orphan, published, recorded].toSorted(), 'a young folder stays')
  await removeOrphans({ nowMs: Date.now() + 2 * HOUR_MS })
  assert.deepEqual(await ids(), [published, recorded].toSorted())
  await removeOrphans({ nowMs: Date.now() + 2 * HOUR_MS })
  assert.deepEqual(await ids(), [published, recorded].toSorted(), 'twice is safe')
})
