import assert from 'node:assert/strict'
import { mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createId } from '#lib/domain/id'
import { configureLog } from '#lib/log'
import { runBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { openStorage } from '#lib/storage/open-storage'
import type { Storage } from '#lib/storage/storage'
import { type BtrfsLoop, whyNoBtrfsLoop, withBtrfsLoop } from '../../support/btrfs-loop.ts'

const MIB = 1024 ** 2

describe('storage on a full disk', { skip: whyNoBtrfsLoop() }, () => {
  let loop: BtrfsLoop
  let elsewhere = ''
  let storage: Storage
  const [kept, doomed] = [createId(), createId()]

  before(async () => {
    configureLog('error')
    loop = await withBtrfsLoop({ sizeMib: 120 })
    elsewhere = await mkdtemp(join(tmpdir(), 'peekr-elsewhere-'))
    storage = await openStorage({ dataPath: loop.path, runBtrfs })
    for (const videoId of [kept, doomed]) {
      await storage.createVideo(videoId)
      await storage.writeVideoFile(videoId, 'video.json', '{"title":"before"}')
    }
    await writeFile(join(elsewhere, 'film'), Buffer.alloc(16 * MIB, 5))
    await fill(join(loop.path, 'library', doomed, 'revisions', 'filler'))
  })
  after(async () => {
    await rm(elsewhere, { recursive: true, force: true })
    await loop?.close()
  })

  it('a file that does not fit is disk_full, and the old one stays', async () => {
    await assert.rejects(storage.writeVideoFile(kept, 'video.json', Buffer.alloc(16 * MIB, 1)), {
      code: 'disk_full',
    })
    assert.equal(String(await storage.readVideoFile(kept, 'video.json')), '{"title":"before"}')
    assert.deepEqual((await readdir(join(loop.path, 'library', kept))).sort(), [
      'revisions',
      'source',
      'video.json',
    ])
  })

  it('a source that does not fit is disk_full, and nothing of it is there', async () => {
    await assert.rejects(storage.adoptSource(kept, join(elsewhere, 'film')), { code: 'disk_full' })
    assert.deepEqual(await readdir(join(loop.path, 'library', kept, 'source')), [])
  })

  it('the driver stays Btrfs when opened again', async () => {
    const again = await openStorage({ dataPath: loop.path, runBtrfs })
    assert.equal((await again.describe()).driver, 'btrfs')
  })

  it('deleting a video works, and makes the same write succeed', async () => {
    await storage.deleteVideo(doomed)
    // The kernel frees the space in the background, and hands it out after one more commit.
    await runBtrfs(['subvolume', 'sync', '-s', '1', loop.path])
    await runBtrfs(['filesystem', 'sync', loop.path])
    await storage.adoptSource(kept, join(elsewhere, 'film'))
    assert.deepEqual(await readdir(join(loop.path, 'library', kept, 'source')), ['original'])
  })

  it('an exhausted quota, which Node does not know by name, is disk_full too', async () => {
    const videoId = createId()
    await storage.createVideo(videoId)
    await runBtrfs(['quota', 'enable', loop.path])
    await runBtrfs(['qgroup', 'limit', String(4 * MIB), join(loop.path, 'library', videoId)])
    await assert.rejects(storage.writeVideoFile(videoId, 'poster.jpg', Buffer.alloc(16 * MIB, 1)), {
      code: 'disk_full',
    })
    assert.equal(await storage.readVideoFile(videoId, 'poster.jpg'), null)
  })
})

/** Writes until the disk is full: the data first, then what is left in small pieces. */
async function fill(path: string): Promise<void> {
  const handle = await open(path, 'w')
  try {
    for (const size of [MIB, 4096]) {
      const piece = Buffer.alloc(size, 9)
      for (;;) {
        try {
          await handle.write(piece)
          await handle.sync()
        } catch (error) {
          assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC')
          break
        }
      }
    }
  } finally {
    await handle.close()
  }
}
