import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createId } from '#lib/domain/id'
import { MANIFEST } from '#lib/domain/media-paths'
import { buildManifest, compareManifest, signManifest, verifyManifest } from '#lib/publish/manifest'
import { buildVideoRecord, formatVideoRecord, parseVideoRecord } from '#lib/publish/video-record'
import { runBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { hashFolder } from '#lib/storage/hash-folder'
import { openStorage } from '#lib/storage/open-storage'
import { whyNoBtrfsLoop, withBtrfsLoop } from '../../support/btrfs-loop.ts'

const KEY = Buffer.alloc(32, 1)

/** The order a publish keeps; returns where the snapshot is. */
async function publishInto(dataPath: string): Promise<{ videoId: string; revisionId: string; kept: string }> {
  const storage = await openStorage({ dataPath, runBtrfs })
  const [videoId, revisionId] = [createId(), createId()]
  const upload = join(dataPath, 'uploads', createId())
  await writeFile(upload, Buffer.alloc(2_000_000, 9))
  await storage.createVideo(videoId)
  await storage.adoptSource(videoId, upload)
  await rm(upload, { force: true })
  const revision = await storage.openRevision(videoId, revisionId)
  await mkdir(join(revision, '720p'))
  await writeFile(join(revision, 'multivariant.m3u8'), '#EXTM3U')
  await writeFile(join(revision, '720p', 'segment-00000.m4s'), Buffer.alloc(5_000_000, 3))
  const files = await hashFolder(revision, { except: [MANIFEST] })
  const manifest = buildManifest({ videoId, revisionId, createdAt: new Date(), files })
  await writeFile(join(revision, MANIFEST), signManifest(manifest, KEY))
  await storage.sealRevision(videoId, revisionId)
  const record = buildVideoRecord(
    {
      _id: videoId,
      uploadId: 'upload',
      title: 'A film',
      description: '',
      tags: [],
      visibility: 'public',
      source: { filename: 'film.mp4', sizeBytes: 2_000_000, sha256: null },
      durationSeconds: 4,
      width: 1280,
      height: 720,
      revision: { id: revisionId, segmentFormat: 'fmp4', renditions: [], audio: null, poster: false },
      createdAt: new Date(),
      publishedAt: new Date(),
    },
    { id: createId(), name: 'Ada' },
  )
  await storage.writeVideoFile(videoId, 'video.json', formatVideoRecord(record))
  await storage.removeAttempts(videoId)
  const { name } = await storage.snapshot(videoId, 'published')
  await storage.removeSource(videoId)
  return { videoId, revisionId, kept: join(dataPath, 'snapshots', videoId, name) }
}

async function assertWhole(root: string, revisionId: string): Promise<void> {
  const revision = join(root, 'revisions', revisionId)
  const manifest = verifyManifest(await readFile(join(revision, MANIFEST), 'utf8'), KEY)
  assert.deepEqual(compareManifest(manifest, await hashFolder(revision, { except: [MANIFEST] })), [])
  assert.deepEqual(
    manifest.files.map(({ path, sizeBytes }) => [path, sizeBytes]),
    [
      ['720p/segment-00000.m4s', 5_000_000],
      ['multivariant.m3u8', 7],
    ],
  )
  assert.equal(parseVideoRecord(await readFile(join(root, 'video.json'), 'utf8')).revision.id, revisionId)
}

describe('a published video on disk', () => {
  it('in plain folders: the manifest and video.json hold in the library and in the snapshot', async () => {
    const dataPath = await mkdtemp(join(tmpdir(), 'peekr-publish-'))
    try {
      const { videoId, revisionId, kept } = await publishInto(dataPath)
      await assertWhole(join(dataPath, 'library', videoId), revisionId)
      await assertWhole(kept, revisionId)
    } finally {
      await rm(dataPath, { recursive: true, force: true })
    }
  })

  it('on Btrfs: the same, and the snapshot is read-only for everybody', {
    skip: whyNoBtrfsLoop(),
  }, async () => {
    const loop = await withBtrfsLoop({ sizeMib: 200 })
    try {
      const { videoId, revisionId, kept } = await publishInto(loop.path)
      await assertWhole(join(loop.path, 'library', videoId), revisionId)
      await assertWhole(kept, revisionId)
      assert.match(await runBtrfs(['subvolume', 'show', kept]), /Flags:\s+readonly/)
      await assert.rejects(rm(join(kept, 'video.json')), { code: 'EROFS' })
    } finally {
      await loop.close()
    }
  })

  it('a changed byte in a segment is found and named', async () => {
    const dataPath = await mkdtemp(join(tmpdir(), 'peekr-publish-'))
    try {
      const { videoId, revisionId } = await publishInto(dataPath)
      const revision = join(dataPath, 'library', videoId, 'revisions', revisionId)
      const path = join(revision, '720p', 'segment-00000.m4s')
      const bytes = await readFile(path)
      bytes[4_321_000] = 0
      await writeFile(path, bytes)
      const manifest = verifyManifest(await readFile(join(revision, MANIFEST), 'utf8'), KEY)
      const wrong = compareManifest(manifest, await hashFolder(revision, { except: [MANIFEST] }))
      assert.deepEqual(wrong, ['720p/segment-00000.m4s'])
    } finally {
      await rm(dataPath, { recursive: true, force: true })
    }
  })
})
