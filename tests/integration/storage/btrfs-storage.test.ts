import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createId } from '#lib/domain/id'
import { runBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { openStorage } from '#lib/storage/open-storage'
import type { Storage } from '#lib/storage/storage'
import { type BtrfsLoop, whyNoBtrfsLoop, withBtrfsLoop } from '../../support/btrfs-loop.ts'
import { describeStorageContract } from './storage-contract.ts'

describe('the Btrfs driver', { skip: whyNoBtrfsLoop() }, () => {
  let loop: BtrfsLoop
  let dataPath = ''
  let storage: Storage

  before(async () => {
    loop = await withBtrfsLoop({ sizeMib: 320 })
    dataPath = join(loop.path, 'data')
    await mkdir(dataPath)
    storage = await openStorage({ dataPath, runBtrfs })
  })
  after(() => loop?.close())

  describeStorageContract(() => ({ storage, dataPath }))

  async function makeVideo(): Promise<string> {
    const videoId = createId()
    const upload = join(dataPath, 'uploads', createId())
    await writeFile(upload, Buffer.alloc(1_000_000, 7))
    await storage.createVideo(videoId)
    await storage.adoptSource(videoId, upload)
    return videoId
  }

  it('is chosen by itself, and the trial leaves nothing', async () => {
    assert.equal((await storage.describe()).driver, 'btrfs')
    assert.deepEqual(
      (await readdir(join(dataPath, 'library'))).filter((name) => name.startsWith('.')),
      [],
    )
  })

  it('a trial that a kill left is removed by a later start, and one that is under way is spared', async () => {
    const [old, young] = ['.trial-000000000000', '.trial-111111111111'].map((name) =>
      join(dataPath, 'library', name),
    )
    for (const path of [old, young] as string[]) await runBtrfs(['subvolume', 'create', path])
    await utimes(old as string, new Date(0), new Date(0))
    await openStorage({ dataPath, runBtrfs })
    const left = (await readdir(join(dataPath, 'library'))).filter((name) => name.startsWith('.'))
    assert.deepEqual(left, ['.trial-111111111111'])
    await runBtrfs(['subvolume', 'delete', young as string])
  })

  it('a video and its source are subvolumes, and a snapshot is a read-only one', async () => {
    const videoId = await makeVideo()
    const { name } = await storage.snapshot(videoId, 'published')
    const video = await runBtrfs(['subvolume', 'show', join(dataPath, 'library', videoId)])
    const source = await runBtrfs(['subvolume', 'show', join(dataPath, 'library', videoId, 'source')])
    const snapshot = await runBtrfs(['subvolume', 'show', join(dataPath, 'snapshots', videoId, name)])
    assert.match(video, /Flags:\s+-/)
    assert.match(source, /Flags:\s+-/)
    assert.match(snapshot, /Flags:\s+readonly/)
    await assert.rejects(writeFile(join(dataPath, 'snapshots', videoId, name, 'x'), 'x'), { code: 'EROFS' })
  })

  it('the source shares its extents with the upload', async () => {
    const videoId = createId()
    const upload = join(dataPath, 'uploads', createId())
    await writeFile(upload, Buffer.alloc(4_000_000, 3))
    await storage.createVideo(videoId)
    await storage.adoptSource(videoId, upload)
    const [, line = ''] = (await runBtrfs(['filesystem', 'du', '-s', '--raw', upload])).trim().split('\n')
    const [, exclusive] = line.trim().split(/\s+/)
    assert.equal(exclusive, '0')
  })

  it('a half-deleted video is deleted the rest of the way', async () => {
    const videoId = await makeVideo()
    await storage.snapshot(videoId, 'published')
    await storage.snapshot(videoId, 'again')
    const [first = ''] = await readdir(join(dataPath, 'snapshots', videoId))
    await runBtrfs(['subvolume', 'delete', join(dataPath, 'snapshots', videoId, first)])
    await runBtrfs(['subvolume', 'delete', join(dataPath, 'library', videoId, 'source')])
    await storage.deleteVideo(videoId)
    assert.deepEqual((await readdir(join(dataPath, 'snapshots'))).includes(videoId), false)
    assert.deepEqual((await readdir(join(dataPath, 'library'))).includes(videoId), false)
  })

  it('a subvolume somebody made inside a video does not stop its deletion', async () => {
    const videoId = await makeVideo()
    await mkdir(join(dataPath, 'library', videoId, 'captions'))
    await runBtrfs(['subvolume', 'create', join(dataPath, 'library', videoId, 'captions', 'theirs')])
    await storage.deleteVideo(videoId)
    await assert.rejects(stat(join(dataPath, 'library', videoId)), { code: 'ENOENT' })
  })

  it('a video from before the data was on Btrfs is snapshotted and deleted like any other', async () => {
    const videoId = createId()
    await mkdir(join(dataPath, 'library', videoId, 'source'), { recursive: true })
    await writeFile(join(dataPath, 'library', videoId, 'video.json'), '{}')
    await storage.createVideo(videoId)
    const { name } = await storage.snapshot(videoId, 'published')
    assert.equal(await readFile(join(dataPath, 'snapshots', videoId, name, 'video.json'), 'utf8'), '{}')
    await storage.deleteVideo(videoId)
    assert.deepEqual(await storage.listSnapshots(videoId), [])
    await assert.rejects(stat(join(dataPath, 'library', videoId)), { code: 'ENOENT' })
  })
})
