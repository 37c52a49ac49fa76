import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { getStorageReport } from '#lib/admin/get-storage-report'
import { listStorageEvents } from '#lib/admin/list-storage-events'
import { updateSettings } from '#lib/admin/settings'
import { watchStorage } from '#lib/admin/watch-storage'
import { eraseFromBin } from '#lib/catalog/bin/empty-bin'
import { proveVideo } from '#lib/catalog/proof/prove-video'
import { removeVideo } from '#lib/catalog/remove-video'
import { startEmbeddedDatabase } from '#lib/db/embedded/start-embedded-database'
import { type JobKind, JobModel } from '#lib/db/models/job'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { isPeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { getLowWater } from '#lib/jobs/low-water'
import { runBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { dropCached } from '#lib/stream/media-cache'
import { streamResponse } from '#lib/stream/stream-response'
import { type BtrfsLoop, whyNoBtrfsLoop, withBtrfsLoop } from '../../support/btrfs-loop.ts'
import { fillDisk } from '../../support/fill-disk.ts'
import { makeClip } from '../../support/make-clip.ts'
import {
  importClip,
  openPipelineTest,
  type PipelineTest,
  until,
  waitForEnd,
} from '../../support/pipeline-test.ts'
import { seedProvedVideo } from '../../support/seed-signed-video.ts'

const MIB = 1024 ** 2
const never = new AbortController().signal

describe('a disk of 300 MB that runs full', { skip: whyNoBtrfsLoop() }, () => {
  let loop: BtrfsLoop
  let peekr: PipelineTest
  let folder = ''
  let clip = ''
  let database: { uri: string; stop(): Promise<void> } | null = null
  let whole: VideoRecord
  let gone: VideoRecord
  let doomed: VideoRecord

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peekr-space-'))
    clip = await makeClip({ folder, seconds: 3, width: 256, height: 144, video: 'mpeg4', name: 'clip.mkv' })
    loop = await withBtrfsLoop({ sizeMib: 300 })
    if (!process.env.MONGODB_URI) {
      await mkdir(join(folder, 'db'))
      database = await startEmbeddedDatabase({ dataPath: join(folder, 'db') })
    }
    peekr = await openPipelineTest({
      dataPath: join(loop.path, 'data'),
      settings: database ? { MONGODB_URI: database.uri } : {},
    })
    await updateSettings({ verifyMbps: 0, lowWaterMib: 40 })
    whole = await seedProvedVideo(peekr.owner, { facts: { visibility: 'unlisted' } })
    gone = await seedProvedVideo(peekr.owner)
    doomed = await seedProvedVideo(peekr.owner)
  })
  after(async () => {
    await peekr?.close()
    await database?.stop()
    await loop?.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function requireWhole(video: VideoRecord): Promise<void> {
    dropCached(video._id)
    const url = `http://peekr.test/stream/${video._id}/${video.revision?.id}/multivariant.m3u8`
    assert.equal((await streamResponse(new Request(url))).status, 200)
    assert.equal((await proveVideo(video._id, never))?.verdict, 'intact')
  }

  async function erase({ _id: videoId }: VideoRecord): Promise<void> {
    await removeVideo({ viewer: peekr.owner, videoId })
    await eraseFromBin({ viewer: peekr.owner, videoId })
    await until('the deletion', async () => (await VideoModel.findById(videoId).lean()) === null)
  }

  const fillTo = (name: string, leftBytes: number) => fillDisk(join(loop.path, name), leftBytes)

  async function free(path: string): Promise<void> {
    await rm(path)
    await runBtrfs(['filesystem', 'sync', loop.path])
  }

  test('below the mark uploads are refused with a sentence, encodes wait, watching and deleting go on; above it all goes on by itself', async () => {
    const waiting = await importClip(peekr, clip)
    const ballast = await fillTo('ballast', 20 * MIB)
    await until('the low water', async () => (await getLowWater()).isLow)
    await peekr.start()
    await assert.rejects(importClip(peekr, clip), (error) => {
      assert.ok(isPeekrError(error) && error.status === 507, String(error))
      assert.match(error.message, /^The server is nearly full: .+ are free\. Uploads go on by themselves/)
      return true
    })
    await watchStorage(never)
    assert.ok((await getStorageReport({ fresh: true })).alerts.some(({ kind }) => kind === 'space-low'))
    await requireWhole(whole)
    // Whoever deletes has looked for work, too, and has not taken up what takes space.
    await erase(gone)
    const heavy: JobKind[] = ['transcode', 'copy', 'sound', 'pictures']
    const begun = { videoId: waiting, kind: { $in: heavy }, attempts: { $gt: 0 } }
    assert.equal(await JobModel.countDocuments(begun).setOptions({ sanitizeFilter: false }), 0)
    await free(ballast)
    assert.equal((await waitForEnd(waiting)).state, 'ready')
    await until('the space', async () => !(await getLowWater()).isLow)
    await watchStorage(never)
    const { items } = await listStorageEvents({ limit: 10 })
    assert.deepEqual(
      items.slice(0, 2).map(({ kind }) => kind),
      ['space-back', 'space-low'],
    )
  })

  test('full to the last byte while a video is made: nothing is corrupt, deleting works, and the video is made in the end', async () => {
    const videoId = await importClip(peekr, clip)
    const ballast = await fillTo('ballast', 0)
    await requireWhole(whole)
    await erase(doomed)
    await free(ballast)
    const made = await waitForEnd(videoId)
    assert.equal(
      made.state,
      'ready',
      JSON.stringify(await JobModel.find({ videoId, state: 'failed' }).lean()),
    )
    await requireWhole(whole)
    const scrub = await (await getLibrary()).startScrub()
    assert.ok(scrub)
    const ended = await until('the scrub', async () => {
      const { scrub: status } = await (await getLibrary()).health()
      return status?.state === 'finished' && status
    })
    assert.deepEqual([ended.errorCount, ended.uncorrectableCount], [0, 0])
  })
})
