import assert from 'node:assert/strict'
import { readFile, rename, rm, truncate, unlink, writeFile } from 'node:fs/promises'
import { after, before, beforeEach, describe, test } from 'node:test'
import { describeProofs } from '#lib/admin/describe-proofs'
import { listStorageEvents } from '#lib/admin/list-storage-events'
import { updateSettings } from '#lib/admin/settings'
import { getVideo } from '#lib/catalog/get-video'
import { addMissingProofs } from '#lib/catalog/proof/add-missing-proofs'
import { askForProof, getProofView } from '#lib/catalog/proof/ask-for-proof'
import { proveVideo } from '#lib/catalog/proof/prove-video'
import { findNextDue, runProofs } from '#lib/catalog/proof/run-proofs'
import { removeVideo } from '#lib/catalog/remove-video'
import { restoreState } from '#lib/catalog/snapshots/restore-snapshot'
import { ProofModel } from '#lib/db/models/proof'
import { StorageEventModel } from '#lib/db/models/storage-event'
import { VideoModel } from '#lib/db/models/video'
import { withStorageLease } from '#lib/db/with-storage-lease'
import { findStreamAccess } from '#lib/stream/stream-access'
import { openPipelineTest, type PipelineTest } from '../../support/pipeline-test.ts'
import { fileOf, publishSigned, seedProvedVideo, segmentPath } from '../../support/seed-signed-video.ts'

const never = new AbortController().signal

describe('proof on a plain folder', () => {
  let peekr: PipelineTest
  before(async () => {
    peekr = await openPipelineTest()
    await updateSettings({ verifyMbps: 0 })
  })
  beforeEach(async () => {
    await VideoModel.deleteMany({})
    await ProofModel.deleteMany({})
    await StorageEventModel.deleteMany({})
  })
  after(() => peekr?.close())

  const kinds = async () => (await listStorageEvents({ limit: 50 })).items.map(({ kind }) => kind).reverse()

  test('a video that is as published is verified now, and nothing is told', async () => {
    const { _id: videoId } = await seedProvedVideo(peekr.owner)
    const proof = await proveVideo(videoId, never)
    assert.equal(proof?.verdict, 'intact')
    assert.ok(Date.now() - (proof?.verifiedAt?.getTime() ?? 0) < 60_000)
    assert.deepEqual(await kinds(), [])
  })

  test('files that were removed, replaced or cut come back from a snapshot, byte for byte', async () => {
    const video = await seedProvedVideo(peekr.owner)
    const paths = await Promise.all([0, 1, 2].map((number) => fileOf(video, segmentPath(number))))
    const [gone = '', other = '', manifest = ''] = [
      ...paths.slice(0, 2),
      await fileOf(video, 'manifest.json'),
    ]
    const before = await Promise.all(paths.map((path) => readFile(path)))
    await rm(gone)
    // In place of the name: writing into the file itself would change its snapshots, which are hard links here.
    await rename(paths[2] ?? '', `${other}.old`)
    await rm(`${other}.old`)
    await unlink(other)
    await writeFile(other, 'somebody was here')
    await unlink(manifest)
    const proof = await proveVideo(video._id, never)
    assert.equal(proof?.verdict, 'repaired', proof?.sentence)
    assert.deepEqual(await Promise.all(paths.map((path) => readFile(path))), before)
    assert.equal((await proveVideo(video._id, never))?.verdict, 'intact')
    assert.deepEqual((await kinds()).slice(0, 2), ['damage-found', 'repaired-from-snapshot'])
  })

  test('what nothing repairs is quarantined with a sentence, plays nowhere, and a restore of an earlier version plays again', async () => {
    const first = await seedProvedVideo(peekr.owner)
    const other = await seedProvedVideo(peekr.owner)
    const firstBytes = await readFile(await fileOf(first, segmentPath(1)))
    const video = await publishSigned(first._id)
    const path = await fileOf(video, segmentPath(1))
    await truncate(path, 1000) // and with it the same file in its snapshot, which is a hard link
    const proof = await proveVideo(video._id, never)
    assert.equal(proof?.verdict, 'quarantined')
    assert.match(proof?.sentence ?? '', /1 file damaged .+ An earlier version is whole; restore it/)
    assert.equal(await findStreamAccess(video._id, video.revision?.id ?? ''), null)
    assert.notEqual(await findStreamAccess(other._id, other.revision?.id ?? ''), null)
    const view = await getVideo({ viewer: peekr.owner, videoId: video._id })
    assert.deepEqual([view.playable, view.playback, view.error?.code], [false, null, 'quarantined'])
    const asked = { viewer: peekr.owner, videoId: video._id }
    const [restore] = (await getProofView(asked)).restores
    assert.ok(restore)
    await restoreState(video._id, restore.name, 'all')
    const restored = await VideoModel.findById(video._id).lean()
    assert.equal(restored?.quarantine, null)
    assert.equal(restored?.revision?.id, first.revision?.id)
    assert.deepEqual(await readFile(await fileOf(first, segmentPath(1))), firstBytes)
    assert.notEqual(await findStreamAccess(video._id, first.revision?.id ?? ''), null)
    assert.equal(await findNextDue(), video._id, 'what was restored is verified next')
    await runProofs(never)
    assert.equal((await getProofView(asked)).verdict, 'intact')
    assert.deepEqual(await kinds(), ['damage-found', 'quarantined'])
  })

  test('a quarantined video whose files are back is released by its next reading', async () => {
    const video = await seedProvedVideo(peekr.owner)
    const path = await fileOf(video, segmentPath(2))
    const bytes = await readFile(path)
    await truncate(path, 10)
    assert.equal((await proveVideo(video._id, never))?.verdict, 'quarantined')
    await writeFile(path, bytes)
    assert.equal((await proveVideo(video._id, never))?.verdict, 'intact')
    const now = await VideoModel.findById(video._id).lean()
    assert.deepEqual([now?.quarantine, now?.playable], [null, true])
  })

  test('a lost key quarantines nothing: files that are as their manifest says are intact, with a word about the signature', async () => {
    const video = await seedProvedVideo(peekr.owner)
    const path = await fileOf(video, 'manifest.json')
    const text = await readFile(path, 'utf8')
    await writeFile(
      path,
      text.replace(/"value": "(.)/, (_, digit) => `"value": "${digit === '0' ? '1' : '0'}`),
    )
    const proof = await proveVideo(video._id, never)
    assert.equal(proof?.verdict, 'intact')
    assert.match(proof?.sentence ?? '', /did not sign the manifest/)
    assert.deepEqual(await kinds(), ['not-ours'])
  })

  test('a reading that was cut off goes on where it was', async () => {
    const video = await seedProvedVideo(peekr.owner, { segmentCount: 450, segmentBytes: 100 })
    const [videoId, revisionId] = [video._id, video.revision?.id ?? '']
    await proveVideo(videoId, never)
    const known = { flaws: [], readBytes: 40_000, totalBytes: 50_000 }
    await ProofModel.updateOne(
      { _id: videoId },
      { $set: { cursor: { revisionId, path: segmentPath(399), ...known } } },
    )
    // What lies before the cursor was read already, so damage there is not seen this time; what lies behind it is.
    await rm(await fileOf(video, segmentPath(7)))
    assert.equal((await proveVideo(videoId, never))?.verdict, 'intact')
    await ProofModel.updateOne(
      { _id: videoId },
      { $set: { cursor: { revisionId, path: segmentPath(5), ...known } } },
    )
    assert.equal((await proveVideo(videoId, never))?.verdict, 'repaired')
    // And one that is stopped leaves where it was.
    const stop = new AbortController()
    const reading = proveVideo(videoId, stop.signal)
    stop.abort()
    await assert.rejects(reading, { code: 'cancelled' })
    assert.equal((await proveVideo(videoId, never))?.verdict, 'intact')
  })

  test('a reading takes as long as its rate says, and one process reads at a time', async () => {
    const { _id: videoId } = await seedProvedVideo(peekr.owner, { segmentCount: 4, segmentBytes: 500_000 })
    await updateSettings({ verifyMbps: 2 })
    const startedAt = performance.now()
    await proveVideo(videoId, never)
    await updateSettings({ verifyMbps: 0 })
    assert.ok(performance.now() - startedAt > 800, 'two megabytes at two a second')
    await askForProof({ viewer: peekr.owner, videoId })
    await withStorageLease('proof', never, async () => {
      await runProofs(never)
      assert.equal((await getProofView({ viewer: peekr.owner, videoId })).pending, true)
    })
    await runProofs(never)
    assert.equal((await getProofView({ viewer: peekr.owner, videoId })).pending, false)
  })

  test('every video has its turn: what was asked for first, then what was longest not looked at', async () => {
    const [old, older, young] = await Promise.all(
      [40, 50, 1].map((days) =>
        seedProvedVideo(peekr.owner, { facts: { publishedAt: new Date(Date.now() - days * 86_400_000) } }),
      ),
    )
    await addMissingProofs({ now: true })
    assert.equal(await findNextDue(), older?._id)
    await askForProof({ viewer: peekr.owner, videoId: young?._id ?? '' })
    assert.equal(await findNextDue(), young?._id)
    await runProofs(never)
    assert.equal(await findNextDue(), null)
    const verified = await ProofModel.countDocuments({ verdict: 'intact' })
    assert.equal(verified, 3, `${old?._id}`)
    await removeVideo({ viewer: peekr.owner, videoId: young?._id ?? '' })
    const { videoCount, verifiedCount } = await describeProofs()
    assert.deepEqual([videoCount, verifiedCount], [2, 2], 'what lies in the bin is not waited for')
  })
})
