import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { type FileHandle, mkdir, mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { eraseFromBin } from '#lib/catalog/bin/empty-bin'
import { removeVideo } from '#lib/catalog/remove-video'
import { retryVideo } from '#lib/catalog/retry-video'
import { startEmbeddedDatabase } from '#lib/db/embedded/start-embedded-database'
import { JobModel } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { isPeekrError } from '#lib/errors'
import { type BtrfsLoop, whyNoBtrfsLoop, withBtrfsLoop } from '../../support/btrfs-loop.ts'
import { makeClip } from '../../support/make-clip.ts'
import {
  importClip,
  namesIn,
  openPipelineTest,
  type PipelineTest,
  until,
  waitForEnd,
} from '../../support/pipeline-test.ts'

const run = promisify(execFile)
const MIB = 1024 ** 2

describe('on Btrfs', { skip: whyNoBtrfsLoop() }, () => {
  let loop: BtrfsLoop
  let folder = ''
  let clip = ''
  let peekr: PipelineTest
  let database: { uri: string; stop(): Promise<void> } | null = null
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peekr-btrfs-life-'))
    clip = await makeClip({ folder, seconds: 6, width: 640, height: 360, extra: ['-crf', '12'] })
    loop = await withBtrfsLoop({ sizeMib: 256 })
    // Elsewhere, so that a full library is the only fault.
    if (!process.env.MONGODB_URI) {
      await mkdir(join(folder, 'db'))
      database = await startEmbeddedDatabase({ dataPath: join(folder, 'db') })
    }
    peekr = await openPipelineTest({
      dataPath: join(loop.path, 'data'),
      settings: database ? { MONGODB_URI: database.uri } : {},
    })
    await peekr.start()
  })
  after(async () => {
    await peekr?.close()
    await database?.stop()
    await loop?.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('a published video is a subvolume with a read-only snapshot, and deleting it removes both', async () => {
    const videoId = await importClip(peekr, clip)
    const video = await waitForEnd(videoId)
    assert.equal(video.state, 'ready', JSON.stringify(video.failure))
    await waitForPublish(videoId)
    const library = join(peekr.dataPath, 'library', videoId)
    assert.match(await showSubvolume(library), new RegExp(`Name:\\s+${videoId}`))
    const snapshots = join(peekr.dataPath, 'snapshots', videoId)
    const [name = ''] = await namesIn(snapshots)
    assert.match(await showSubvolume(join(snapshots, name)), /Flags:\s+readonly/)
    assert.deepEqual(await namesIn(snapshots, name, 'source'), [])

    await removeVideo({ viewer: peekr.owner, videoId })
    await eraseFromBin({ viewer: peekr.owner, videoId })
    await until('the record gone', async () => (await VideoModel.findById(videoId).lean()) === null)
    const { stdout } = await run('btrfs', ['subvolume', 'list', loop.path])
    assert.ok(!stdout.includes(videoId), stdout)
  })

  test('an upload that does not fit is refused with 507 and a sentence, and leaves nothing', async () => {
    const big = join(folder, 'big.mp4')
    const file = await open(big, 'w')
    await file.truncate(600 * MIB)
    await file.close()
    await assert.rejects(importClip(peekr, big), (error) => {
      assert.ok(isPeekrError(error) && error.code === 'disk_full' && error.status === 507)
      assert.match(error.message, /^This file has .+ room for .+\.$/)
      return true
    })
    assert.deepEqual(await namesIn(peekr.dataPath, 'uploads'), [])
    assert.equal(await VideoModel.countDocuments({ state: 'uploading' }), 0)
  })

  test('a disk that fills up while a video is made: disk_full with a sentence, others whole, and a retry after freeing succeeds', async () => {
    const wholeId = await importClip(peekr, clip)
    assert.equal((await waitForEnd(wholeId)).state, 'ready')
    await waitForPublish(wholeId)
    const videoId = await importClip(peekr, clip)
    const ballast = join(loop.path, 'ballast')
    await fillUp(ballast)
    const failed = await waitForEnd(videoId)
    assert.equal(failed.failure?.code, 'disk_full', JSON.stringify(failed.failure))
    assert.match(failed.failure?.message ?? '', /^The disk is full\. .+\.$/)
    assert.deepEqual(await namesIn(peekr.dataPath, 'library', videoId, 'attempts'), [])
    assert.equal((await VideoModel.findById(wholeId).lean())?.state, 'ready')
    await rm(ballast)
    await run('btrfs', ['filesystem', 'sync', loop.path])
    await retryVideo(videoId)
    const again = await waitForEnd(videoId)
    assert.equal(again.state, 'ready', JSON.stringify(again.failure))
    const { stdout } = await run('btrfs', ['scrub', 'start', '-B', loop.path])
    assert.match(stdout, /no errors found/)
  })
})

async function waitForPublish(videoId: string): Promise<void> {
  await until('the publish', () => JobModel.exists({ videoId, kind: 'publish', state: 'done' }))
}

async function showSubvolume(path: string): Promise<string> {
  return (await run('btrfs', ['subvolume', 'show', path])).stdout
}

/** Writes until nothing more goes in. */
async function fillUp(path: string): Promise<void> {
  const file = await open(path, 'w')
  try {
    for (const sizeBytes of [4 * MIB, 64 * 1024, 4096]) await writeUntilFull(file, Buffer.alloc(sizeBytes, 1))
  } finally {
    await file.close()
  }
}

async function writeUntilFull(file: FileHandle, piece: Buffer): Promise<void> {
  try {
    for (;;) {
      await file.write(piece)
      await file.sync()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}
