import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { restoreFromBin } from '#lib/catalog/bin/restore-from-bin'
import { reencodeVideo } from '#lib/catalog/reencode-video'
import { removeVideo } from '#lib/catalog/remove-video'
import { pruneSnapshots } from '#lib/catalog/snapshots/prune-snapshots'
import { restoreSnapshot } from '#lib/catalog/snapshots/restore-snapshot'
import { verifyLibrary } from '#lib/catalog/verify-library'
import { BuildModel } from '#lib/db/models/build'
import { JobModel } from '#lib/db/models/job'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import type { Viewer } from '#lib/domain/permissions'
import { forgetStreamAccess } from '#lib/stream/stream-access'
import { streamResponse } from '#lib/stream/stream-response'
import { makeClip } from '../../support/make-clip.ts'
import {
  importClip,
  openPipelineTest,
  type PipelineTest,
  until,
  waitForEnd,
} from '../../support/pipeline-test.ts'

let folder = ''
let peekr: PipelineTest
let viewer: Viewer
let videoId = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peekr-reencode-'))
  peekr = await openPipelineTest({ settings: { PEEKR_ORIGINALS: 'keep' } })
  viewer = peekr.owner
  await peekr.start()
  videoId = await importClip(peekr, await makeClip({ folder, seconds: 3 }))
  const video = await waitForEnd(videoId)
  assert.equal(video.state, 'ready', JSON.stringify(video.failure))
  await settled()
  await VideoModel.updateOne({ _id: videoId }, { $set: { visibility: 'public' } })
})
after(async () => {
  await peekr.close()
  await rm(folder, { recursive: true, force: true })
})

describe('a video encoded anew by the real pipeline', () => {
  test('the old version plays until the new one takes its place, and comes back from the snapshot', async () => {
    const old = await getVideo()
    const { video, undo } = await reencodeVideo({ viewer, videoId })
    assert.deepEqual([video.state, video.playable], ['transcoding', true])
    await until('the new version', async () => {
      const now = await getVideo()
      if (now.state === 'transcoding') assert.equal(await play(old), 200, 'the old one plays on')
      return now.state === 'ready'
    })
    await settled()
    const fresh = await getVideo()
    assert.notEqual(fresh.revision?.id, old.revision?.id)
    assert.equal(await play(fresh), 200)
    await pruneSnapshots()
    assert.equal(await play(old), 200, 'who was watching the old one goes on')
    await VideoModel.updateOne({ _id: videoId }, { $set: { 'former.until': new Date() } })
    await pruneSnapshots()
    forgetStreamAccess(videoId)
    assert.equal(await play(old), 404, 'and not for ever')
    const restored = await restoreSnapshot({ viewer, videoId, name: undo?.name ?? '', what: 'all' })
    assert.equal((await getVideo()).revision?.id, old.revision?.id)
    assert.equal(await play(old), 200)
    await restoreSnapshot({ viewer, videoId, name: restored.undo?.name ?? '', what: 'all' })
    assert.equal(await play(fresh), 200)
    assert.deepEqual((await verifyLibrary()).findings, [])
  })

  test('taken back while it is under way, it leaves no job, no build and no half version', async () => {
    const old = await getVideo()
    const { undo } = await reencodeVideo({ viewer, videoId })
    await until('the build', () => BuildModel.exists({ videoId }))
    await restoreSnapshot({ viewer, videoId, name: undo?.name ?? '', what: 'all' })
    await untouched(old)
  })

  test('deleted while it is under way, it comes back from the bin as it was, and can be encoded anew again', async () => {
    const old = await getVideo()
    await reencodeVideo({ viewer, videoId })
    await until('the build', () => BuildModel.exists({ videoId }))
    await removeVideo({ viewer, videoId })
    await restoreFromBin({ viewer, videoId })
    await untouched(old)
    await reencodeVideo({ viewer, videoId })
    await until('the new version', async () => (await getVideo()).state === 'ready')
    assert.equal((await getVideo()).failure, null)
  })
})

async function untouched(old: VideoRecord): Promise<void> {
  const now = await getVideo()
  assert.deepEqual([now.state, now.failure, now.revision?.id], ['ready', null, old.revision?.id])
  assert.equal(await play(now), 200)
  assert.equal(await BuildModel.countDocuments({ videoId }), 0)
  const busy = await JobModel.find({ videoId }, { state: 1, kind: 1 }).lean()
  assert.deepEqual(
    busy.filter(({ state }) => state === 'queued' || state === 'running'),
    [],
  )
  const revisions = join(peekr.dataPath, 'library', videoId, 'revisions')
  for (const name of await readdir(revisions)) {
    assert.ok((await readdir(join(revisions, name))).includes('manifest.json'), `${name} is whole`)
  }
}

async function getVideo(): Promise<VideoRecord> {
  const video = await VideoModel.findById(videoId).lean()
  if (video === null) throw new Error('the video is gone')
  return video
}

async function settled(): Promise<void> {
  await until('the end of its publish', () => JobModel.exists({ videoId, kind: 'publish', state: 'done' }))
}

async function play({ revision }: VideoRecord): Promise<number> {
  const url = `http://peekr.test/stream/${videoId}/${revision?.id}/multivariant.m3u8`
  return (await streamResponse(new Request(url))).status
}
