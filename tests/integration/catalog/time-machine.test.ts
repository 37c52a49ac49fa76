import assert from 'node:assert/strict'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { updateSettings } from '#lib/admin/settings'
import { getVideo } from '#lib/catalog/get-video'
import { reencodeVideo } from '#lib/catalog/reencode-video'
import { removeVideo } from '#lib/catalog/remove-video'
import { snapshotBefore } from '#lib/catalog/snapshot-before'
import { deleteSnapshot, labelSnapshot, takeSnapshot } from '#lib/catalog/snapshots/change-snapshots'
import { listSnapshots } from '#lib/catalog/snapshots/list-snapshots'
import { pruneSnapshots } from '#lib/catalog/snapshots/prune-snapshots'
import { readSnapshotPoster } from '#lib/catalog/snapshots/read-snapshot-poster'
import { restoreSnapshot } from '#lib/catalog/snapshots/restore-snapshot'
import { settleRestores } from '#lib/catalog/snapshots/settle-restores'
import { updateVideo } from '#lib/catalog/update-video'
import type { VideoChanges } from '#lib/catalog/video-schema'
import { JobModel } from '#lib/db/models/job'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import type { Viewer } from '#lib/domain/permissions'
import { getLibrary } from '#lib/jobs/library'
import { closePool } from '#lib/jobs/pool'
import { refreshVideoRecord } from '#lib/publish/write-video-record'
import { streamResponse } from '#lib/stream/stream-response'
import { openPipelineTest, type PipelineTest } from '../../support/pipeline-test.ts'
import { addRevision, buildRevision, seedVideo } from '../../support/seed-video.ts'

const NEW: VideoChanges = {
  title: 'Second title',
  description: 'As it is',
  tags: ['new'],
  visibility: 'private',
}

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

describe('the time machine', () => {
  test('an edit is undone from the snapshot it names, and the undoing is undone', async () => {
    const { _id: videoId } = await seedVideo(viewer)
    const old = await getVideo({ viewer, videoId })
    const { video: edited, undo } = await updateVideo({ viewer, videoId, changes: NEW })
    assert.equal(undo?.reason, 'before-edit')
    const asked = { viewer, videoId, name: undo.name, what: 'details' } as const
    const restored = await restoreSnapshot({ ...asked, widenFrom: 'private' })
    assert.deepEqual(restored.video, old)
    assert.equal((await storedRecord(videoId)).title, 'First title')
    assert.ok(restored.undo)
    await restoreSnapshot({ viewer, videoId, name: restored.undo.name, what: 'details' })
    const again = await getVideo({ viewer, videoId })
    assert.deepEqual({ ...again, playback: null }, { ...edited, playback: null })
    assert.equal((await storedRecord(videoId)).title, 'Second title')
  })

  for (const what of ['details', 'all'] as const) {
    test(`restoring ${what} lets in nobody who may not watch now, unless that is asked for of what it is now`, async () => {
      const { _id: videoId, revision } = await seedVideo(viewer, { visibility: 'public' })
      const page = `/stream/${videoId}/${revision?.id}/multivariant.m3u8`
      const { undo } = await updateVideo({ viewer, videoId, changes: NEW })
      const asked = { viewer, videoId, name: undo?.name ?? '', what }
      for (const widenFrom of [null, 'people'] as const) {
        const { video } = await restoreSnapshot({ ...asked, widenFrom })
        assert.deepEqual([video.title, video.visibility], ['First title', 'private'])
        assert.equal((await storedRecord(videoId)).visibility, 'private')
        assert.equal(await get(page), 404)
      }
      const wide = await restoreSnapshot({ ...asked, widenFrom: 'private' })
      assert.equal(wide.video.visibility, 'public')
      assert.equal(await get(page), 200)
      const back = await restoreSnapshot({ ...asked, name: wide.undo?.name ?? '' })
      assert.equal(back.video.visibility, 'private', 'fewer people is no question')
    })
  }

  test('restoring all of it brings back what played then, at the address it had, and forgets the rest', async () => {
    const video = await seedVideo(viewer)
    const videoId = video._id
    const old = await getVideo({ viewer, videoId })
    const undo = await snapshotBefore(videoId, 'reencode')
    const later = await publishAgain(video)
    await pruneSnapshots()
    assert.deepEqual(
      await readdir(join(peekr.dataPath, 'library', videoId, 'revisions')),
      [later],
      'only in the snapshot',
    )
    assert.equal(await get(old.playback?.hls), 404)
    const restored = await restoreSnapshot({ viewer, videoId, name: undo?.name ?? '', what: 'all' })
    assert.deepEqual(restored.video, old)
    assert.equal(await get(old.playback?.hls), 200)
    assert.equal(await get(`/stream/${videoId}/${later}/multivariant.m3u8`), 404)
    await restoreSnapshot({ viewer, videoId, name: restored.undo?.name ?? '', what: 'all' })
    assert.equal(await get(`/stream/${videoId}/${later}/multivariant.m3u8`), 200)
  })

  test('files that were damaged or lost are those of the snapshot after restoring all of it', async () => {
    const { _id: videoId, revision } = await seedVideo(viewer)
    const library = await getLibrary()
    const segment = join(library.revisionPath(videoId, revision?.id ?? ''), '360p/segment-00000.m4s')
    const { name } = await takeSnapshot({ viewer, videoId, label: null })
    await library.removeRevision(videoId, revision?.id ?? '')
    await restoreSnapshot({ viewer, videoId, name, what: 'all' })
    assert.equal(await readFile(segment, 'utf8'), `segment of ${revision?.id}`)
    await rm(join(peekr.dataPath, 'library', videoId), { recursive: true })
    await restoreSnapshot({ viewer, videoId, name, what: 'all' })
    assert.equal(
      await readFile(segment, 'utf8'),
      `segment of ${revision?.id}`,
      'also when all of it was lost',
    )
    await rm(join(peekr.dataPath, 'library', videoId), { recursive: true })
    assert.notEqual(await removeVideo({ viewer, videoId }), null, 'and then it can be deleted')
  })

  test('a snapshot says what the video was, shows its picture, has a label, and is deleted', async () => {
    const { _id: videoId, revision } = await seedVideo(viewer)
    await updateVideo({ viewer, videoId, changes: NEW })
    const { name } = await takeSnapshot({ viewer, videoId, label: 'The second one' })
    const { items } = await listSnapshots({ viewer, videoId, measure: true })
    assert.deepEqual(
      items.map(({ reason, label, video }) => [reason, label, video?.title]),
      [
        ['manual', 'The second one', 'Second title'],
        ['before-edit', null, 'First title'],
        ['publish', null, 'First title'],
      ],
    )
    assert.ok(
      items.every(({ isCurrentRevision, exclusiveBytes }) => isCurrentRevision && exclusiveBytes !== null),
    )
    const picture = await readSnapshotPoster({ viewer, videoId, name })
    assert.equal(String(picture), `picture of ${revision?.id}`)
    await labelSnapshot({ viewer, videoId, name, label: null })
    assert.equal((await listSnapshots({ viewer, videoId })).items[0]?.label, null)
    await deleteSnapshot({ viewer, videoId, name })
    assert.equal((await listSnapshots({ viewer, videoId })).items.length, 2)
    await assert.rejects(deleteSnapshot({ viewer, videoId, name }), { code: 'not_found' })
    await assert.rejects(restoreSnapshot({ viewer, videoId, name, what: 'all' }), { code: 'not_found' })
  })

  test('a restore killed between the files and the database is finished by the sweep', async () => {
    const video = await seedVideo(viewer)
    const undo = await snapshotBefore(video._id, 'reencode')
    await publishAgain(video)
    await updateVideo({ viewer, videoId: video._id, changes: { visibility: 'unlisted' } })
    await (await getLibrary()).beginRestore(video._id, undo?.name ?? '')
    await settleRestores()
    const record = await VideoModel.findById(video._id).lean()
    assert.deepEqual([record?.revision?.id, record?.visibility], [video.revision?.id, 'unlisted'])
    assert.equal((await storedRecord(video._id)).visibility, 'unlisted')
    assert.deepEqual(await (await getLibrary()).listUnsettledRestores(), [])
    assert.equal(await get(`/stream/${video._id}/${video.revision?.id}/multivariant.m3u8`), 200)
  })

  test('changes at the same time each get a snapshot of their own, and no two meet in the middle', async () => {
    const { _id: videoId } = await seedVideo(viewer)
    const titles = Array.from({ length: 12 }, (_, at) => `Title ${at}`)
    const undone = await Promise.all([
      ...titles.map((title) =>
        updateVideo({ viewer, videoId, changes: { title } }).then(({ undo }) => undo?.name),
      ),
      takeSnapshot({ viewer, videoId, label: 'meanwhile' }).then(({ name }) => name),
    ])
    assert.equal(new Set(undone).size, 13)
    assert.equal((await listSnapshots({ viewer, videoId })).items.length, 14)
  })

  test('the keep-rules of the settings prune, and short space takes what alone holds an old version, labels aside', async () => {
    const video = await seedVideo(viewer)
    const videoId = video._id
    await snapshotBefore(videoId, 'reencode')
    await publishAgain(video)
    const { name } = await takeSnapshot({ viewer, videoId, label: 'kept' })
    const nextYear = new Date(Date.now() + 366 * 86_400_000)
    await pruneSnapshots()
    await pruneSnapshots({ now: new Date(Date.now() + 2 * 3_600_000) })
    const reasons = async () => (await listSnapshots({ viewer, videoId })).items.map(({ reason }) => reason)
    assert.ok((await reasons()).includes('before-reencode'), 'of this hour the newest without a label')
    await updateSettings({ snapshotFloorGib: 1_000_000 })
    await pruneSnapshots({ now: new Date(Date.now() + 2 * 3_600_000) })
    assert.deepEqual(await reasons(), ['manual'])
    await pruneSnapshots({ now: nextYear })
    assert.deepEqual(
      (await listSnapshots({ viewer, videoId })).items.map((item) => item.name),
      [name],
    )
    await updateSettings({ snapshotFloorGib: 5 })
  })

  test('without its original a video is not encoded anew, in a sentence; with it, the old version plays on', async () => {
    const { _id: videoId, revision } = await seedVideo(viewer)
    await assert.rejects(reencodeVideo({ viewer, videoId }), {
      code: 'conflict',
      message: /original file .* was not kept/,
    })
    const library = await getLibrary()
    await writeFile(library.sourcePath(videoId), 'a film')
    const { video, undo } = await reencodeVideo({ viewer, videoId })
    assert.equal(video.state, 'transcoding')
    assert.ok(video.playable && video.playback !== null)
    assert.equal(await get(video.playback.hls), 200)
    assert.ok(await JobModel.exists({ videoId, kind: 'ingest', state: 'queued' }))
    await assert.rejects(reencodeVideo({ viewer, videoId }), { code: 'conflict', message: /is transcoding/ })
    const restored = await restoreSnapshot({ viewer, videoId, name: undo?.name ?? '', what: 'all' })
    assert.equal(restored.video.state, 'ready')
    assert.equal((await VideoModel.findById(videoId).lean())?.revision?.id, revision?.id)
    assert.equal(await readFile(library.sourcePath(videoId), 'utf8'), 'a film')
    assert.equal(
      await JobModel.countDocuments({ videoId, state: { $in: ['queued', 'running'] } }).setOptions({
        sanitizeFilter: false,
      }),
      0,
    )
  })

  test('strangers learn nothing of a video’s past, and viewers may not change it', async () => {
    const { _id: videoId } = await seedVideo(viewer)
    const stranger: Viewer = {
      ...viewer,
      userId: createId(),
      role: 'uploader',
      scopes: ['videos:read', 'videos:write'],
    }
    await assert.rejects(listSnapshots({ viewer: stranger, videoId }), { code: 'forbidden' })
    await assert.rejects(listSnapshots({ viewer: null, videoId }), { code: 'sign_in_required' })
    await removeVideo({ viewer, videoId })
    await assert.rejects(listSnapshots({ viewer, videoId }), { code: 'not_found' })
  })
})

async function storedRecord(videoId: string) {
  return JSON.parse(await readFile(join(peekr.dataPath, 'library', videoId, 'video.json'), 'utf8'))
}

/** What a re-encode leaves: another revision beside the first, and it plays. */
async function publishAgain({ _id: videoId }: VideoRecord): Promise<string> {
  const revisionId = createId()
  await addRevision(videoId, revisionId)
  await VideoModel.updateOne(
    { _id: videoId },
    { $set: { revision: buildRevision(revisionId), durationSeconds: 13 } },
  )
  await refreshVideoRecord(videoId)
  return revisionId
}

async function get(path: string | undefined): Promise<number> {
  return (await streamResponse(new Request(`http://peekr.test${path}`))).status
}
