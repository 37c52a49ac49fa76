import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createApiToken } from '#lib/auth/api-tokens'
import { restoreFromBin } from '#lib/catalog/bin/restore-from-bin'
import { getVideo as getView } from '#lib/catalog/get-video'
import { reencodeVideo } from '#lib/catalog/reencode-video'
import { removeVideo } from '#lib/catalog/remove-video'
import { pruneSnapshots } from '#lib/catalog/snapshots/prune-snapshots'
import { restoreSnapshot } from '#lib/catalog/snapshots/restore-snapshot'
import { updateVideo } from '#lib/catalog/update-video'
import { BuildModel } from '#lib/db/models/build'
import { JobModel } from '#lib/db/models/job'
import { UploadModel } from '#lib/db/models/upload'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import type { Viewer } from '#lib/domain/permissions'
import { getLibrary } from '#lib/jobs/library'
import { streamResponse } from '#lib/stream/stream-response'
import { sumOwnerBytes } from '#lib/upload/reserve-space'
import { sweepUploads } from '#lib/upload/sweep-uploads'
import { makeClip } from '../../support/make-clip.ts'
import {
  importClip,
  namesIn,
  openPipelineTest,
  type PipelineTest,
  until,
  waitForEnd,
} from '../../support/pipeline-test.ts'
import { uploadReplacement } from '../../support/upload-replacement.ts'

let folder = ''
let peekr: PipelineTest
let viewer: Viewer
let authorization = ''
let videoId = ''
let short = ''
let long = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-replace-'))
  peekr = await openPipelineTest({ settings: { PEEKR_ORIGINALS: 'keep' } })
  viewer = peekr.owner
  authorization = `Bearer ${(await createApiToken({ userId: viewer.userId, name: 'test' })).token}`
  await peekr.start()
  short = await makeClip({ folder, name: 'short.mp4', seconds: 2 })
  long = await makeClip({ folder, name: 'long.mp4', seconds: 4, width: 480, height: 270 })
  videoId = await importClip(peekr, short)
  const video = await waitForEnd(videoId)
  assert.equal(video.state, 'ready', JSON.stringify(video.failure))
  await settled()
  await updateVideo({ viewer, videoId, changes: { title: 'The film', visibility: 'public', tags: ['a'] } })
})
after(async () => {
  await peekr?.close()
  await rm(folder, { recursive: true, force: true })
})

describe('a new file for a video', () => {
  test('plays at the same address with the same details once it is ready; until then the old one plays', async () => {
    const old = await getVideo()
    await replaceWith(long)
    await until('the new version', async () => {
      const now = await getVideo()
      if (now.state !== 'ready') {
        assert.equal(await play(old), 200, 'the old one plays on')
        assert.deepEqual([now.width, now.source.filename], [320, 'short.mp4'], 'and it is what is told of')
      }
      return now.state === 'ready'
    })
    await settled()
    const now = await getVideo()
    assert.equal(now.failure, null)
    assert.deepEqual([now.title, now.visibility, now.tags], ['The film', 'public', ['a']])
    assert.deepEqual([now.width, now.height, now.source.filename], [480, 270, 'long.mp4'])
    assert.ok(Math.abs((now.durationSeconds ?? 0) - 4) < 0.2, `${now.durationSeconds} s`)
    assert.equal(now.publishedAt?.getTime(), old.publishedAt?.getTime())
    assert.notEqual(now.revision?.id, old.revision?.id)
    assert.equal(await play(now), 200)
    assert.equal(now.source.sha256, await hashOf(long))
    await holds({ source: long, beside: [[old.uploadId, short]] })
    assert.deepEqual(await namesIn(peekr.dataPath, 'uploads'), [])
    assert.equal(await sumOwnerBytes(viewer.userId, new Set()), await sizeOf(short, long), 'both count')
  })

  test('is taken back with the file there was, and that again', async () => {
    const fresh = await getVideo()
    const restored = await restoreSnapshot({ viewer, videoId, name: await findSnapshot(), what: 'all' })
    const old = await getVideo()
    assert.deepEqual([old.width, old.source.filename], [320, 'short.mp4'])
    assert.equal(await play(old), 200)
    await holds({ source: short, beside: [[fresh.uploadId, long]] })
    await restoreSnapshot({ viewer, videoId, name: restored.undo?.name ?? '', what: 'all' })
    const again = await getVideo()
    assert.deepEqual([again.revision?.id, again.source.sha256], [fresh.revision?.id, await hashOf(long)])
    await holds({ source: long, beside: [[old.uploadId, short]] })
    await restoreSnapshot({ viewer, videoId, name: await findSnapshot(), what: 'all' })
  })

  test('does not change what the old file is encoded anew from once it is taken back', async () => {
    await reencodeVideo({ viewer, videoId })
    const video = await until('the encode', async () => {
      const now = await getVideo()
      return now.state === 'ready' && now
    })
    await settled()
    assert.equal(video.failure, null)
    assert.ok(Math.abs((video.durationSeconds ?? 0) - 2) < 0.2, `${video.durationSeconds} s`)
    assert.equal(video.source.sha256, await hashOf(short))
  })

  test('that is no video is refused with the reason, and the video is as it was', async () => {
    const notes = join(folder, 'notes.mp4')
    await writeFile(notes, 'These are notes about a film.\n'.repeat(500))
    const old = await getVideo()
    const uploadId = await replaceWith(notes)
    const now = await until('the refusal', async () => {
      const video = await getVideo()
      return video.state === 'ready' && video.failure !== null && video
    })
    assert.equal(now.failure?.code, 'source_not_video')
    await unchanged(old)
    assert.equal((await UploadModel.findById(uploadId).lean())?.state, 'ingested')
    const view = await getView({ viewer, videoId })
    assert.equal(view.error?.code, 'source_not_video')
  })

  test('taken back while it is made is gone without a trace', async () => {
    const old = await getVideo()
    await replaceWith(long)
    await until('the build', () => BuildModel.exists({ videoId }))
    await restoreSnapshot({ viewer, videoId, name: await findSnapshot(), what: 'all' })
    await VideoModel.updateOne({ _id: videoId }, { $set: { failure: old.failure } })
    await unchanged(old)
  })

  test('whose video is deleted meanwhile goes with it; the bin brings the old file back', async () => {
    const old = await getVideo()
    await replaceWith(long)
    await until('the build', () => BuildModel.exists({ videoId }))
    await removeVideo({ viewer, videoId })
    await restoreFromBin({ viewer, videoId })
    await sweepUploads()
    await VideoModel.updateOne({ _id: videoId }, { $set: { failure: old.failure } })
    await unchanged(old)
  })

  test('waits for one that is being made, and comes after it', async () => {
    const third = await makeClip({ folder, name: 'third.mp4', seconds: 3 })
    await Promise.all([replaceWith(long), replaceWith(third)])
    const open = await UploadModel.find({ replaces: videoId, state: 'open' }).lean()
    assert.equal(open.length, 1, 'one of them waits')
    await until('the first', async () => (await getVideo()).state === 'ready')
    await settled()
    await sweepUploads()
    await until('the second', async () => (await getVideo()).source.filename === open[0]?.filename)
    await settled()
    assert.equal(await UploadModel.countDocuments({ replaces: videoId, state: 'open' }), 0)
  })

  test('leaves the files it took the place of only as long as a snapshot can bring them back', async () => {
    const library = await getLibrary()
    const { source } = await getVideo()
    for (const { name } of await library.listSnapshots(videoId)) await library.deleteSnapshot(videoId, name)
    await pruneSnapshots()
    await holds({ source: join(folder, source.filename), beside: [] })
    assert.deepEqual((await getVideo()).replaced, [])
    assert.equal(await sumOwnerBytes(viewer.userId, new Set()), source.sizeBytes)
  })
})

function replaceWith(path: string): Promise<string> {
  return uploadReplacement({ authorization, path, videoId })
}

async function getVideo(): Promise<VideoRecord> {
  const video = await VideoModel.findById(videoId).lean()
  if (video === null) throw new Error('the video is gone')
  return video
}

/** The newest snapshot from before a replacement. */
async function findSnapshot(): Promise<string> {
  const snapshots = await (await getLibrary()).listSnapshots(videoId)
  return snapshots.findLast(({ reason }) => reason === 'before-replace')?.name ?? ''
}

/** What plays, is told and lies on the disk is what there was; nothing is at work. */
async function unchanged(old: VideoRecord): Promise<void> {
  const now = await getVideo()
  const facts = (video: VideoRecord) => {
    const { state, revision, uploadId, source, width, height, durationSeconds, title, replacing } = video
    return { state, id: revision?.id, uploadId, source, width, height, durationSeconds, title, replacing }
  }
  assert.deepEqual(facts(now), { ...facts(old), replacing: null })
  assert.equal(await play(now), 200)
  assert.equal(await BuildModel.countDocuments({ videoId }), 0)
  await until('quiet', async () => !(await JobModel.exists({ videoId, state: 'running' })))
  const path = (await getLibrary()).sourcePath(videoId)
  assert.equal(await hashOf(path), old.source.sha256)
  const beside = (await readdir(join(path, '..'))).filter((name) => name !== 'original')
  assert.deepEqual(beside.sort(), (old.replaced ?? []).map(({ uploadId }) => `original-${uploadId}`).sort())
  assert.deepEqual(await namesIn(peekr.dataPath, 'uploads'), [])
}

async function holds({ source, beside }: { source: string; beside: [string, string][] }): Promise<void> {
  const library = await getLibrary()
  const path = library.sourcePath(videoId)
  assert.equal(await hashOf(path), await hashOf(source))
  const names = ['original', ...beside.map(([uploadId]) => `original-${uploadId}`)]
  assert.deepEqual((await readdir(join(path, '..'))).sort(), names.sort())
  for (const [uploadId, file] of beside) {
    assert.equal(await hashOf(library.sourcePath(videoId, uploadId)), await hashOf(file))
  }
}

async function settled(): Promise<void> {
  await until('the end of its publish', () => JobModel.exists({ videoId, kind: 'publish', state: 'done' }))
}

async function hashOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}

async function sizeOf(...paths: string[]): Promise<number> {
  const sizes = await Promise.all(paths.map(async (path) => (await readFile(path)).length))
  return sizes.reduce((sum, size) => sum + size, 0)
}

async function play({ revision }: VideoRecord): Promise<number> {
  const url = `http://peekr.test/stream/${videoId}/${revision?.id}/multivariant.m3u8`
  return (await streamResponse(new Request(url))).status
}
