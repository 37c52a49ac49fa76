import assert from 'node:assert/strict'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import { createId } from '#lib/domain/id'
import type { PeekrError } from '#lib/errors'
import type { Storage } from '#lib/storage/storage'

interface Opened {
  storage: Storage
  dataPath: string
}

/** What every driver promises. Call inside a `describe` whose `before` makes `opened` answer. */
export function describeStorageContract(opened: () => Opened): void {
  async function makeUpload(content: string | Buffer = 'a film'): Promise<string> {
    const path = join(opened().dataPath, 'uploads', createId())
    await writeFile(path, content)
    return path
  }

  async function makeAttempt(videoId: string, files: Files): Promise<string> {
    const attemptId = createId()
    await writeFiles(await opened().storage.createAttempt(videoId, attemptId), files)
    return attemptId
  }

  async function makeRevision(videoId: string, revisionId: string, files: Files): Promise<void> {
    const { storage } = opened()
    await writeFiles(await storage.openRevision(videoId, revisionId), files)
    await storage.sealRevision(videoId, revisionId)
  }

  async function makePublished(): Promise<{ videoId: string; revisionId: string }> {
    const { storage } = opened()
    const [videoId, revisionId] = [createId(), createId()]
    await storage.createVideo(videoId)
    await storage.adoptSource(videoId, await makeUpload())
    await makeRevision(videoId, revisionId, { 'multivariant.m3u8': '#EXTM3U', '720p/init.mp4': 'moov' })
    await storage.writeVideoFile(videoId, 'video.json', '{"title":"first"}')
    return { videoId, revisionId }
  }

  it('a video can be made twice, and is listed once', async () => {
    const { storage } = opened()
    const videoId = createId()
    await storage.createVideo(videoId)
    await storage.createVideo(videoId)
    const ids = await storage.listVideoIds()
    assert.equal(ids.filter((id) => id === videoId).length, 1)
  })

  it('a source is adopted byte for byte, and again when the upload is gone', async () => {
    const { storage } = opened()
    const videoId = createId()
    await storage.createVideo(videoId)
    const content = Buffer.alloc(3_000_001, 'peekr')
    const upload = await makeUpload(content)
    await storage.adoptSource(videoId, upload)
    await rm(upload, { force: true })
    await storage.adoptSource(videoId, upload)
    assert.ok(content.equals(await readFile(storage.sourcePath(videoId))))
    assert.deepEqual(await readdir(join(storage.sourcePath(videoId), '..')), ['original'])
  })

  it('a source that half arrived before a crash is not taken for a source', async () => {
    const { storage } = opened()
    const videoId = createId()
    await storage.createVideo(videoId)
    await writeFile(`${storage.sourcePath(videoId)}.partial`, 'half')
    await storage.adoptSource(videoId, await makeUpload('whole'))
    assert.equal(await readFile(storage.sourcePath(videoId), 'utf8'), 'whole')
  })

  it('an upload that does not exist is not_found, in a sentence', async () => {
    const { storage, dataPath } = opened()
    const videoId = createId()
    await storage.createVideo(videoId)
    await assert.rejects(storage.adoptSource(videoId, join(dataPath, 'uploads', 'nothing')), {
      code: 'not_found',
      message: /Upload it again/,
    })
  })

  it('a removed source stays removed, and can be removed twice', async () => {
    const { storage } = opened()
    const { videoId } = await makePublished()
    await storage.removeSource(videoId)
    await storage.removeSource(videoId)
    await assert.rejects(stat(storage.sourcePath(videoId)), { code: 'ENOENT' })
  })

  it('an attempt starts empty even when it left something before', async () => {
    const { storage } = opened()
    const videoId = createId()
    await storage.createVideo(videoId)
    const attemptId = await makeAttempt(videoId, { 'old.txt': 'old' })
    assert.deepEqual(await readdir(await storage.createAttempt(videoId, attemptId)), [])
  })

  it('a revision can be sealed twice, and one that is not there cannot be', async () => {
    const { storage } = opened()
    const { videoId, revisionId } = await makePublished()
    await storage.sealRevision(videoId, revisionId)
    await assert.rejects(storage.sealRevision(videoId, createId()), { code: 'not_found' })
    const names = await readdir(storage.revisionPath(videoId, revisionId), { recursive: true })
    assert.deepEqual(names.sort(), ['720p', '720p/init.mp4', 'multivariant.m3u8'])
  })

  it('a unit appears whole, is adopted twice without harm, and no late attempt replaces it', async () => {
    const { storage } = opened()
    const videoId = createId()
    const unit = { revisionId: createId(), key: '0-720p' }
    await storage.createVideo(videoId)
    const attemptId = await makeAttempt(videoId, { 'segment-00000.m4s': 'first' })
    await storage.adoptUnit(videoId, attemptId, unit)
    await storage.adoptUnit(videoId, attemptId, unit)
    const late = await makeAttempt(videoId, { 'segment-00000.m4s': 'late' })
    await storage.adoptUnit(videoId, late, unit)
    const path = storage.unitPath(videoId, unit.revisionId, unit.key)
    assert.equal(await readFile(join(path, 'segment-00000.m4s'), 'utf8'), 'first')
    assert.deepEqual(await readdir(join(storage.attemptPath(videoId, late), '..')), [])
    const other = { ...unit, key: '1-720p' }
    await assert.rejects(storage.adoptUnit(videoId, late, other), {
      code: 'conflict',
      message: /another attempt/,
    })
  })

  it('removing attempts spares the one that is running', async () => {
    const { storage } = opened()
    const videoId = createId()
    await storage.createVideo(videoId)
    const [running] = [await makeAttempt(videoId, { a: '1' }), await makeAttempt(videoId, { a: '2' })]
    await storage.removeAttempts(videoId, { except: running })
    await storage.removeAttempts(videoId, { except: running })
    assert.deepEqual(await readdir(join(storage.revisionPath(videoId, createId()), '../../attempts')), [
      running,
    ])
  })

  it('a file of the video is replaced in one step and leaves nothing beside it', async () => {
    const { storage } = opened()
    const { videoId } = await makePublished()
    await storage.writeVideoFile(videoId, 'video.json', '{"title":"second"}')
    assert.equal(String(await storage.readVideoFile(videoId, 'video.json')), '{"title":"second"}')
    assert.equal(await storage.readVideoFile(videoId, 'poster.jpg'), null)
    const names = await readdir(join(storage.sourcePath(videoId), '../..'))
    assert.deepEqual(
      names.filter((name) => name.startsWith('.')),
      [],
    )
  })

  it('a snapshot keeps the old files, leaves the source out, and is listed in order', async () => {
    const { storage, dataPath } = opened()
    const { videoId, revisionId } = await makePublished()
    await storage.removeAttempts(videoId)
    const first = await storage.snapshot(videoId, 'published')
    const second = await storage.snapshot(videoId, 'published')
    await storage.writeVideoFile(videoId, 'video.json', '{"title":"second"}')
    await storage.removeRevision(videoId, revisionId)
    const kept = join(dataPath, 'snapshots', videoId, first.name)
    assert.equal(await readFile(join(kept, 'video.json'), 'utf8'), '{"title":"first"}')
    assert.equal(await readFile(join(kept, 'revisions', revisionId, '720p/init.mp4'), 'utf8'), 'moov')
    await assert.rejects(stat(join(kept, 'source/original')), { code: 'ENOENT' })
    const listed = await storage.listSnapshots(videoId)
    assert.deepEqual(
      listed.map(({ name, reason }) => [name, reason]),
      [
        [first.name, 'published'],
        [second.name, 'published'],
      ],
    )
    assert.ok(first.createdAt < second.createdAt)
  })

  it('a restored video is what the snapshot was, with the source as it is, and the next one goes back', async () => {
    const { storage, dataPath } = opened()
    const { videoId, revisionId } = await makePublished()
    const first = await storage.snapshot(videoId, 'first')
    const later = createId()
    await makeRevision(videoId, later, { 'multivariant.m3u8': 'later' })
    await storage.removeRevision(videoId, revisionId)
    await storage.writeVideoFile(videoId, 'video.json', '{"title":"second"}')
    const second = await storage.snapshot(videoId, 'second')

    await storage.beginRestore(videoId, first.name)
    assert.equal(String(await storage.readVideoFile(videoId, 'video.json')), '{"title":"first"}')
    const segment = join(storage.revisionPath(videoId, revisionId), '720p/init.mp4')
    assert.equal(await readFile(segment, 'utf8'), 'moov')
    await assert.rejects(stat(storage.revisionPath(videoId, later)), { code: 'ENOENT' })
    assert.equal(await readFile(storage.sourcePath(videoId), 'utf8'), 'a film')
    assert.ok((await storage.listUnsettledRestores()).includes(videoId))
    await storage.endRestore(videoId)
    assert.ok(!(await storage.listUnsettledRestores()).includes(videoId))

    await storage.writeVideoFile(videoId, 'video.json', '{"title":"third"}')
    const kept = await storage.readSnapshotFile(videoId, first.name, 'video.json')
    assert.equal(String(kept), '{"title":"first"}', 'a restored video can change without its snapshot')
    await storage.beginRestore(videoId, second.name)
    await storage.endRestore(videoId)
    assert.equal(String(await storage.readVideoFile(videoId, 'video.json')), '{"title":"second"}')
    assert.deepEqual(await readdir(join(dataPath, 'library', videoId, 'revisions')), [later])
    assert.equal(await readFile(storage.sourcePath(videoId), 'utf8'), 'a film')
  })

  it('a restore cut off at any step ends as the old video or the new one, with its source', async () => {
    const { storage, dataPath } = opened()
    const place = (...parts: string[]) => join(dataPath, 'library', ...parts)
    for (const [step, expected] of [
      ['copied', 'old'],
      ['old away', 'new'],
      ['exchanged', 'new'],
      ['finished', 'new'],
    ] as const) {
      const { videoId } = await makePublished()
      const { name } = await storage.snapshot(videoId, 'first')
      await storage.writeVideoFile(videoId, 'video.json', '{"title":"second"}')
      const [live, restoring, replaced] = [
        place(videoId),
        place(`.${videoId}.restoring`),
        place(`.${videoId}.replaced`),
      ]
      // Back to each step from the end, which is where a kill would have left it.
      await storage.beginRestore(videoId, name)
      if (step !== 'finished') await rename(join(live, 'source'), join(replaced, 'source'))
      if (step === 'copied' || step === 'old away') await rename(live, restoring)
      if (step === 'copied') await rename(replaced, live)
      assert.equal(await storage.settleRestore(videoId), expected, step)
      if (expected === 'new') assert.equal(await storage.settleRestore(videoId), 'new', 'until it is ended')
      await storage.endRestore(videoId)
      assert.equal(await storage.settleRestore(videoId), 'none')
      const title = expected === 'old' ? 'second' : 'first'
      assert.equal(String(await storage.readVideoFile(videoId, 'video.json')), `{"title":"${title}"}`, step)
      assert.equal(await readFile(storage.sourcePath(videoId), 'utf8'), 'a film', step)
      assert.ok(!(await readdir(place())).some((entry) => entry.includes(`.${videoId}.`)), step)
    }
  })

  it('a snapshot has a label, knows what it alone holds, and is deleted twice without harm', async () => {
    const { storage } = opened()
    const { videoId, revisionId } = await makePublished()
    const big = createId()
    await makeRevision(videoId, big, { big: Buffer.alloc(1_000_000, 5) })
    const { name } = await storage.snapshot(videoId, 'first')
    await storage.labelSnapshot(videoId, name, 'Before the party')
    assert.deepEqual(await storage.readSnapshotLabels(videoId), { [name]: 'Before the party' })
    assert.equal((await storage.listSnapshots(videoId)).length, 1, 'labels are no snapshot')
    assert.ok(((await storage.measureSnapshot(videoId, name)) ?? 0) < 100_000)
    await storage.removeRevision(videoId, big)
    await syncDisk(opened().dataPath)
    assert.ok(((await storage.measureSnapshot(videoId, name)) ?? 0) >= 1_000_000)
    await storage.deleteSnapshot(videoId, name)
    await storage.deleteSnapshot(videoId, name)
    assert.deepEqual(
      [await storage.listSnapshots(videoId), await storage.readSnapshotLabels(videoId)],
      [[], {}],
    )
    assert.equal(await storage.measureSnapshot(videoId, name), null)
    await assert.rejects(storage.beginRestore(videoId, name), { code: 'not_found', message: /gone/ })
    assert.equal(String(await storage.readVideoFile(videoId, 'video.json')), '{"title":"first"}')
    assert.ok(await stat(storage.revisionPath(videoId, revisionId)))
  })

  it('a deleted video is gone with its snapshots, and can be deleted twice', async () => {
    const { storage, dataPath } = opened()
    const { videoId } = await makePublished()
    const { name } = await storage.snapshot(videoId, 'published')
    await storage.labelSnapshot(videoId, name, 'kept')
    await storage.beginRestore(videoId, name)
    await storage.deleteVideo(videoId)
    await storage.deleteVideo(videoId)
    assert.ok(!(await storage.listUnsettledRestores()).includes(videoId))
    assert.ok(!(await storage.listVideoIds()).includes(videoId))
    await assert.rejects(stat(join(dataPath, 'snapshots', videoId)), { code: 'ENOENT' })
    await assert.rejects(stat(join(dataPath, 'library', videoId)), { code: 'ENOENT' })
  })

  it('no id or name reaches outside the video', async () => {
    const { storage } = opened()
    const videoId = createId()
    await storage.createVideo(videoId)
    for (const bad of ['..', '../x', '/etc', '', 'a/b', '.hidden', `${videoId}\0`, '-rf']) {
      const isRefused = (error: PeekrError) => error.code === 'not_found'
      await assert.rejects(async () => storage.deleteVideo(bad), isRefused, `video ${JSON.stringify(bad)}`)
      await assert.rejects(async () => storage.createAttempt(videoId, bad), isRefused, `attempt ${bad}`)
      await assert.rejects(async () => storage.writeVideoFile(videoId, bad, 'x'), isRefused, `file ${bad}`)
      await assert.rejects(async () => storage.beginRestore(videoId, bad), isRefused, `restore ${bad}`)
      await assert.rejects(async () => storage.deleteSnapshot(videoId, bad), isRefused, `snapshot ${bad}`)
      assert.throws(() => storage.snapshotPath(videoId, bad), isRefused)
      assert.throws(() => storage.revisionPath(videoId, bad), isRefused)
    }
  })

  it('it knows its disk', async () => {
    const { storage, dataPath } = opened()
    const { path, totalBytes, freeBytes, advice } = await storage.describe()
    assert.equal(path, dataPath)
    assert.ok(freeBytes > 0 && freeBytes <= totalBytes)
    assert.ok(advice === null || /\.$/.test(advice))
    assert.ok(Math.abs((await storage.freeBytes()) - freeBytes) < 100_000_000)
  })
}

/** Delayed allocation: Btrfs knows no extents of what was just written. */
async function syncDisk(path: string): Promise<void> {
  const handle = await open(path)
  await handle.sync()
  await handle.close()
}

type Files = Record<string, string | Uint8Array>

async function writeFiles(path: string, files: Files): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(path, name, '..'), { recursive: true })
    await writeFile(join(path, name), content)
  }
}
