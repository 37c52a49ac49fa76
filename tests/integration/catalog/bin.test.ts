import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { updateSettings } from '#lib/admin/settings'
import { emptyBin, eraseFromBin } from '#lib/catalog/bin/empty-bin'
import { listBin } from '#lib/catalog/bin/list-bin'
import { restoreFromBin } from '#lib/catalog/bin/restore-from-bin'
import { eraseVideo } from '#lib/catalog/erase-video'
import { getVideo } from '#lib/catalog/get-video'
import { listAllVideos, listVideos } from '#lib/catalog/list-videos'
import { removeVideo } from '#lib/catalog/remove-video'
import { JobModel, type JobRecord } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import type { Viewer } from '#lib/domain/permissions'
import { getLibrary } from '#lib/jobs/library'
import { closePool } from '#lib/jobs/pool'
import type { JobContext } from '#lib/jobs/run-job'
import { sweepPipeline } from '#lib/pipeline'
import { streamResponse } from '#lib/stream/stream-response'
import { sumOwnerBytes } from '#lib/upload/reserve-space'
import { namesIn, openPipelineTest, type PipelineTest } from '../../support/pipeline-test.ts'
import { seedVideo } from '../../support/seed-video.ts'

const CONTEXT: JobContext = { signal: new AbortController().signal, report: () => {}, log: () => {} }
const PAGE = { limit: 50 }

let peekr: PipelineTest
let viewer: Viewer
before(async () => {
  peekr = await openPipelineTest()
  viewer = peekr.owner
})
after(async () => {
  await closePool()
  await peekr.close()
})

describe('the bin', () => {
  test('a deleted video is gone for everybody, in lists, page and media, and comes back as it was', async () => {
    const { _id: videoId } = await seedVideo(viewer)
    const before = await getVideo({ viewer, videoId })
    const eraseAt = await removeVideo({ viewer, videoId })
    const days = ((eraseAt?.getTime() ?? 0) - Date.now()) / 86_400_000
    assert.ok(days > 29.9 && days <= 30)
    await assert.rejects(getVideo({ viewer, videoId }), { code: 'not_found' })
    for (const list of [
      listVideos({ viewer, mine: true }),
      listVideos({ viewer: null }),
      listAllVideos({ viewer }),
    ]) {
      assert.ok(!(await list).items.some(({ id }) => id === videoId))
    }
    for (const url of [before.playback?.hls, before.playback?.poster]) assert.equal(await get(url), 404)
    const [item] = (await listBin({ ownerId: viewer.userId }, PAGE)).items
    assert.deepEqual(
      [item?.id, item?.title, item?.eraseAt, item?.owner.name],
      [videoId, 'First title', eraseAt?.toISOString(), 'Ana'],
    )
    assert.equal((await storedRecord(videoId)).eraseAt, eraseAt?.toISOString(), 'the disk knows it, too')

    assert.deepEqual(await restoreFromBin({ viewer, videoId }), before)
    assert.equal(await get(before.playback?.hls), 200)
    assert.equal((await storedRecord(videoId)).eraseAt, undefined)
    await assert.rejects(restoreFromBin({ viewer, videoId }), {
      code: 'not_found',
      message: /not in the bin/,
    })
  })

  test('the sweep leaves the bin alone until the time is up, and then nothing remains', async () => {
    const { _id: videoId } = await seedVideo(viewer)
    await removeVideo({ viewer, videoId })
    await sweepPipeline()
    assert.equal(await JobModel.countDocuments({ videoId }), 0)
    await eraseVideo({ videoId } as JobRecord, CONTEXT)
    assert.ok((await namesIn(peekr.dataPath, 'library')).includes(videoId), 'a deletion that comes too early')
    await VideoModel.updateOne({ _id: videoId }, { $set: { eraseAt: new Date(Date.now() - 1) } })
    await assert.rejects(restoreFromBin({ viewer, videoId }), { code: 'not_found' })
    await sweepPipeline()
    assert.ok(await JobModel.exists({ videoId, kind: 'delete', state: 'queued' }))
    await eraseVideo({ videoId } as JobRecord, CONTEXT)
    for (const folder of ['library', 'snapshots']) {
      assert.ok(!(await namesIn(peekr.dataPath, folder)).includes(videoId), folder)
    }
    assert.equal(await VideoModel.findById(videoId), null)
  })

  test('one owner’s bin is emptied without another’s, and an administrator empties all', async () => {
    const other: Viewer = {
      ...viewer,
      userId: createId(),
      role: 'uploader',
      scopes: ['videos:read', 'videos:write'],
    }
    const [mine, theirs] = [await seedVideo(viewer), await seedVideo(other)]
    await removeVideo({ viewer, videoId: mine._id })
    await removeVideo({ viewer: other, videoId: theirs._id })
    for (const [asking, code] of [
      [other, 'not_found'],
      [null, 'sign_in_required'],
      [{ ...other, userId: viewer.userId, scopes: ['videos:read'] } as Viewer, 'forbidden'],
    ] as const) {
      await assert.rejects(restoreFromBin({ viewer: asking, videoId: mine._id }), { code })
      await assert.rejects(eraseFromBin({ viewer: asking, videoId: mine._id }), { code })
    }
    assert.deepEqual(
      (await listBin({ ownerId: other.userId }, PAGE)).items.map(({ id }) => id),
      [theirs._id],
    )
    assert.ok((await listBin('everybody', PAGE)).items.length >= 2)
    assert.equal(await emptyBin({ ownerId: other.userId }), 1)
    assert.deepEqual((await listBin({ ownerId: other.userId }, PAGE)).items, [])
    assert.ok((await emptyBin('everybody')) >= 1)
    assert.deepEqual((await listBin('everybody', PAGE)).items, [])
  })

  test('a page of the bin goes on where the last one ended', async () => {
    const owner: Viewer = { ...viewer, userId: createId() }
    const ids = []
    for (let at = 0; at < 5; at += 1) {
      const { _id: videoId } = await seedVideo(owner)
      await removeVideo({ viewer, videoId })
      ids.unshift(videoId)
    }
    const seen: string[] = []
    let cursor: string | undefined
    do {
      const page = await listBin({ ownerId: owner.userId }, { limit: 2, cursor })
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    assert.deepEqual(seen, ids)
    await assert.rejects(listBin('everybody', { limit: 2, cursor: 'x' }), { code: 'invalid_input' })
  })

  test('what lies in the bin counts for its owner’s quota until it is erased', async () => {
    const owner: Viewer = { ...viewer, userId: createId() }
    const { _id: videoId } = await seedVideo(owner)
    const used = () => sumOwnerBytes(owner.userId, new Set())
    assert.equal(await used(), 1000)
    await removeVideo({ viewer, videoId })
    assert.equal(await used(), 1000)
    await eraseFromBin({ viewer, videoId })
    assert.equal(await used(), 0)
  })

  test('a video that was being made starts again, and one being encoded anew plays as before', async () => {
    const library = await getLibrary()
    const { _id: first } = await seedVideo(viewer, {
      revision: null,
      publishedAt: null,
      playable: false,
      state: 'transcoding',
      progress: 0.4,
    })
    await writeFile(library.sourcePath(first), 'a film')
    assert.notEqual(await removeVideo({ viewer, videoId: first }), null)
    const again = await restoreFromBin({ viewer, videoId: first })
    assert.ok(again.state === 'transcoding' || again.state === 'ingesting', again.state)
    assert.ok((await JobModel.countDocuments({ videoId: first, state: 'queued' })) > 0)

    const { _id: second } = await seedVideo(viewer, { state: 'transcoding', progress: 0.4 })
    await removeVideo({ viewer, videoId: second })
    const playing = await restoreFromBin({ viewer, videoId: second })
    assert.deepEqual([playing.state, playing.playable, playing.progress], ['ready', true, 1])
  })

  test('where there is nothing to bring back, and with a bin of 0 days, deleting erases at once', async () => {
    const { _id: uploading } = await seedVideo(viewer, {
      state: 'uploading',
      revision: null,
      publishedAt: null,
    })
    assert.equal(await removeVideo({ viewer, videoId: uploading }), null)
    await updateSettings({ binDays: 0 })
    const { _id: videoId } = await seedVideo(viewer)
    assert.equal(await removeVideo({ viewer, videoId }), null)
    await assert.rejects(restoreFromBin({ viewer, videoId }), { code: 'not_found' })
    assert.ok(await JobModel.exists({ videoId, kind: 'delete', state: 'queued' }))
    await updateSettings({ binDays: 30 })
  })
})

async function storedRecord(videoId: string) {
  return JSON.parse(await readFile(join(peekr.dataPath, 'library', videoId, 'video.json'), 'utf8'))
}

async function get(path: string | null | undefined): Promise<number> {
  return (await streamResponse(new Request(`http://peekr.test${path}`))).status
}
