import assert from 'node:assert/strict'
import { constants } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createId } from '#lib/domain/id'
import { runBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { createDirectoryStorage } from '#lib/storage/directory/create-directory-storage'
import { openStorage } from '#lib/storage/open-storage'
import type { Storage } from '#lib/storage/storage'
import {
  type BtrfsLoop,
  mountLoop,
  unmount,
  whyNoBtrfsLoop,
  withBtrfsLoop,
} from '../../support/btrfs-loop.ts'

/**
 * A power cut: the disk is a file on an outer Btrfs, and is cloned at one instant while it is mounted. The clone holds
 * what had reached the disk. `commit=300` keeps the filesystem from saving anything by itself meanwhile.
 */
describe('storage after a power cut', { skip: whyNoBtrfsLoop() }, () => {
  let outer: BtrfsLoop
  before(async () => {
    outer = await withBtrfsLoop({ sizeMib: 800 })
  })
  after(() => outer?.close())

  async function afterPowerCut(
    open: (dataPath: string) => Promise<Storage>,
    work: (storage: Storage, dataPath: string) => Promise<void>,
    check: (dataPath: string) => Promise<void>,
  ): Promise<void> {
    const disk = await withBtrfsLoop({ sizeMib: 200, folder: outer.path, mountOptions: ['commit=300'] })
    const clone = join(outer.path, `${createId()}.img`)
    const path = join(outer.path, createId())
    try {
      await work(await open(disk.path), disk.path)
      await copyFile(disk.imagePath, clone, constants.COPYFILE_FICLONE_FORCE)
      // Two filesystems with one UUID cannot be mounted at a time.
      await unmount(disk.path)
      await mountLoop(clone, path)
      await check(path)
    } finally {
      await unmount(path)
      await rm(clone, { force: true })
      await disk.close()
    }
  }

  const drivers: [string, (dataPath: string) => Promise<Storage>][] = [
    ['Btrfs', (dataPath) => openStorage({ dataPath, runBtrfs })],
    [
      'directory',
      async (dataPath) => {
        await openStorage({ dataPath, runBtrfs })
        return createDirectoryStorage({ dataPath, advice: null })
      },
    ],
  ]

  it('the test can lose data: what nobody synced is not on the clone', () =>
    afterPowerCut(
      (dataPath) => openStorage({ dataPath, runBtrfs }),
      (_, dataPath) => writeFile(join(dataPath, 'unsynced'), 'gone'),
      async (path) => assert.ok(!(await readdir(path)).includes('unsynced')),
    ))

  for (const [name, open] of drivers) {
    it(`${name}: an adopted source is there, whole, with the upload already unlinked`, () => {
      const videoId = createId()
      const content = Buffer.alloc(5_000_000, 'peekr')
      return afterPowerCut(
        open,
        async (storage, dataPath) => {
          const upload = join(dataPath, 'uploads', createId())
          await writeFile(upload, content)
          await storage.createVideo(videoId)
          await storage.adoptSource(videoId, upload)
          await rm(upload)
        },
        async (path) =>
          assert.ok(content.equals(await readFile(join(path, 'library', videoId, 'source', 'original')))),
      )
    })

    it(`${name}: a sealed revision, video.json and the snapshot are there, whole`, () => {
      const [videoId, revisionId] = [createId(), createId()]
      const segment = Buffer.alloc(300_000, 'segment')
      let snapshotName = ''
      return afterPowerCut(
        open,
        async (storage) => {
          await storage.createVideo(videoId)
          const revision = await storage.openRevision(videoId, revisionId)
          await mkdir(join(revision, '720p'))
          for (let index = 0; index < 20; index += 1) {
            await writeFile(join(revision, '720p', `segment-${index}.m4s`), segment)
          }
          await storage.sealRevision(videoId, revisionId)
          await storage.writeVideoFile(videoId, 'video.json', '{"title":"kept"}')
          snapshotName = (await storage.snapshot(videoId, 'published')).name
        },
        async (path) => {
          for (const root of [join('library', videoId), join('snapshots', videoId, snapshotName)]) {
            const folder = join(path, root, 'revisions', revisionId, '720p')
            assert.equal((await readdir(folder)).length, 20)
            for (const file of await readdir(folder)) {
              assert.ok(segment.equals(await readFile(join(folder, file))), `${root} ${file}`)
            }
            assert.equal(await readFile(join(path, root, 'video.json'), 'utf8'), '{"title":"kept"}')
          }
        },
      )
    })

    it(`${name}: what was made is there, and what was removed does not come back`, () => {
      const [made, emptied, deleted, revisionId] = [createId(), createId(), createId(), createId()]
      return afterPowerCut(
        open,
        async (storage, dataPath) => {
          for (const videoId of [emptied, deleted]) {
            await storage.createVideo(videoId)
            await writeFile(storage.sourcePath(videoId), 'a film')
            await mkdir(storage.revisionPath(videoId, revisionId))
            await storage.snapshot(videoId, 'published')
          }
          await runBtrfs(['filesystem', 'sync', dataPath])
          await storage.removeSource(emptied)
          await storage.removeRevision(emptied, revisionId)
          await storage.deleteVideo(deleted)
          await storage.createVideo(made)
        },
        async (path) => {
          assert.deepEqual((await readdir(join(path, 'library'))).sort(), [made, emptied].sort())
          assert.deepEqual((await readdir(join(path, 'library', made))).sort(), ['revisions', 'source'])
          assert.deepEqual(await readdir(join(path, 'library', emptied, 'source')), [])
          assert.deepEqual(await readdir(join(path, 'library', emptied, 'revisions')), [])
          assert.deepEqual(await readdir(join(path, 'snapshots')), [emptied])
        },
      )
    })

    it(`${name}: a sealed revision is there without a snapshot after it`, () => {
      const [videoId, revisionId] = [createId(), createId()]
      return afterPowerCut(
        open,
        async (storage) => {
          await storage.createVideo(videoId)
          const revision = await storage.openRevision(videoId, revisionId)
          await writeFile(join(revision, 'multivariant.m3u8'), '#EXTM3U')
          await storage.sealRevision(videoId, revisionId)
        },
        async (path) => {
          const playlist = join(path, 'library', videoId, 'revisions', revisionId, 'multivariant.m3u8')
          assert.equal(await readFile(playlist, 'utf8'), '#EXTM3U')
        },
      )
    })
  }
})
