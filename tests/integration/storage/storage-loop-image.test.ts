import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { createId } from '#lib/domain/id'
import { configureLog } from '#lib/log'
import { runBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { isSubvolume } from '#lib/storage/btrfs/subvolume'
import { isMountPoint } from '#lib/storage/find-mount'
import { holdDataFolder } from '#lib/storage/hold-data-folder'
import { findProcessesUsing } from '#lib/storage/image/find-processes-using'
import { initLoopImage } from '#lib/storage/image/init-loop-image'
import { findUnmountedImage, mountImageIfNeeded } from '#lib/storage/mount-image'
import { openStorage } from '#lib/storage/open-storage'
import { unmount, whyNoBtrfsLoop } from '../../support/btrfs-loop.ts'

const SIZE_BYTES = 256 * 1024 ** 2

describe('a Btrfs image beside the data folder', { skip: whyNoBtrfsLoop() }, () => {
  let folder = ''
  let dataPath = ''

  before(() => configureLog('error'))
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peekr-image-'))
    dataPath = join(folder, 'my data')
  })
  afterEach(async () => {
    await unmount(dataPath)
    await unmount(`${dataPath}.btrfs.mount`)
    await rm(folder, { recursive: true, force: true })
  })
  after(() => configureLog('info'))

  it('is made, mounted where there was nothing, and made only once', async () => {
    const first = await initLoopImage({ dataPath, sizeBytes: SIZE_BYTES })
    assert.equal(first.done, 'made')
    assert.ok(await isMountPoint(dataPath))
    assert.equal((await (await openStorage({ dataPath, runBtrfs })).describe()).driver, 'btrfs')
    assert.equal((await initLoopImage({ dataPath, sizeBytes: SIZE_BYTES })).done, 'nothing')
    assert.deepEqual((await readdir(folder)).sort(), ['my data', 'my data.btrfs'])
  })

  it('existing data moves in: same bytes, owners and times, videos as subvolumes, the old data kept', async () => {
    const videoId = createId()
    const plain = await openStorage({ dataPath, runBtrfs })
    await plain.createVideo(videoId)
    await writeFile(plain.sourcePath(videoId), Buffer.alloc(5_000_000, 4))
    await plain.writeVideoFile(videoId, 'video.json', '{}')
    const { name } = await plain.snapshot(videoId, 'published')
    await mkdir(join(dataPath, 'secrets'), { mode: 0o700 })
    await writeFile(join(dataPath, 'secrets', 'session'), 'secret', { mode: 0o600 })
    await utimes(join(dataPath, 'secrets', 'session'), 1_000_000, 1_000_000)
    await link(plain.sourcePath(videoId), join(dataPath, 'uploads', 'still-linked'))
    const socket = createServer().listen(join(dataPath, 'database.sock'))
    await new Promise((resolve) => socket.once('listening', resolve))

    const { done, previousData } = await initLoopImage({ dataPath, sizeBytes: SIZE_BYTES })
    socket.close()
    assert.equal(done, 'made')
    assert.equal(previousData, `${dataPath}.before-btrfs`)
    const storage = await openStorage({ dataPath, runBtrfs })
    assert.equal((await storage.describe()).driver, 'btrfs')
    assert.ok((await readFile(storage.sourcePath(videoId))).equals(Buffer.alloc(5_000_000, 4)))
    assert.ok(await isSubvolume(join(dataPath, 'library', videoId)))
    assert.ok(await isSubvolume(join(dataPath, 'library', videoId, 'source')))
    assert.deepEqual(
      (await storage.listSnapshots(videoId)).map((snapshot) => snapshot.name),
      [name],
    )
    const secret = await stat(join(dataPath, 'secrets', 'session'))
    assert.equal(secret.mode & 0o777, 0o600)
    assert.equal(secret.mtimeMs, 1_000_000_000)
    assert.equal(await readFile(join(`${dataPath}.before-btrfs`, 'secrets', 'session'), 'utf8'), 'secret')
    await storage.deleteVideo(videoId)
    assert.deepEqual(await storage.listVideoIds(), [])
  })

  it('comes back at the next start, so a reboot never starts on an empty folder', async () => {
    await initLoopImage({ dataPath, sizeBytes: SIZE_BYTES })
    await writeFile(join(dataPath, 'kept'), 'kept')
    await unmount(dataPath)
    assert.notEqual(await findUnmountedImage(dataPath), null)
    await mountImageIfNeeded(dataPath)
    await mountImageIfNeeded(dataPath)
    assert.equal(await readFile(join(dataPath, 'kept'), 'utf8'), 'kept')
    await unmount(dataPath)
    await writeFile(join(dataPath, 'written under the mount'), 'x')
    await assert.rejects(mountImageIfNeeded(dataPath), { code: 'storage_unavailable' })
  })

  it('without an image nothing is mounted or made', async () => {
    await mountImageIfNeeded(dataPath)
    assert.deepEqual(await readdir(folder), [])
  })

  it('is refused while a process uses the data folder, which stays as it is', async () => {
    await mkdir(dataPath)
    const script = `const fs = require('node:fs'); fs.openSync(process.argv[1]); console.log('open'); setInterval(() => {}, 1000)`
    const server = spawn(process.execPath, ['-e', script, dataPath], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = new Promise((resolve) => server.once('exit', resolve))
    try {
      await new Promise((resolve) => server.stdout.once('data', resolve))
      await assert.rejects(initLoopImage({ dataPath, sizeBytes: SIZE_BYTES }), (error: Error) => {
        assert.match(error.message, new RegExp(`Stop these processes and try again:\\n {2}${server.pid} `))
        return true
      })
    } finally {
      server.kill('SIGKILL')
      await ended
    }
    assert.deepEqual(await readdir(folder), ['my data'])
  })

  it('a held data folder cannot be unmounted', async () => {
    await initLoopImage({ dataPath, sizeBytes: SIZE_BYTES })
    const held = await holdDataFolder(dataPath)
    assert.deepEqual(await findProcessesUsing(dataPath), [])
    const busy = unmount(dataPath)
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.ok(await isMountPoint(dataPath))
    await held.release()
    await busy
    assert.ok(!(await isMountPoint(dataPath)))
  })

  it('an interrupted run is taken up: before the image has its name, and after', async () => {
    await mkdir(join(dataPath, 'library'), { recursive: true })
    await writeFile(join(dataPath, 'note'), 'precious')
    await writeFile(`${dataPath}.btrfs.unfinished`, 'half')
    await mkdir(`${dataPath}.btrfs.mount`)
    assert.equal((await initLoopImage({ dataPath, sizeBytes: SIZE_BYTES })).done, 'made')

    await unmount(dataPath)
    await rm(dataPath, { recursive: true })
    await mkdir(join(dataPath, 'library'), { recursive: true })
    await writeFile(join(dataPath, 'note'), 'PRECIOUS')
    await assert.rejects(initLoopImage({ dataPath, sizeBytes: SIZE_BYTES }), {
      code: 'conflict',
      message: /first at note/,
    })
    await writeFile(join(dataPath, 'note'), 'precious')
    assert.equal((await initLoopImage({ dataPath, sizeBytes: SIZE_BYTES })).done, 'finished')
    assert.equal(await readFile(join(dataPath, 'note'), 'utf8'), 'precious')
  })

  it('a data folder that is a disk of its own is left alone', async () => {
    await mkdir(dataPath)
    await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', dataPath])
    await assert.rejects(initLoopImage({ dataPath, sizeBytes: SIZE_BYTES }), { code: 'conflict' })
    assert.deepEqual(await readdir(folder), ['my data'])
  })

  it('a size that cannot work is refused with one that can, and leaves nothing', async () => {
    await mkdir(dataPath)
    await assert.rejects(initLoopImage({ dataPath, sizeBytes: 10 * 1024 ** 2 }), {
      code: 'invalid_input',
      message: /at least 256M/,
    })
    await assert.rejects(initLoopImage({ dataPath, sizeBytes: 2 ** 60 }), { code: 'disk_full' })
    assert.deepEqual(await readdir(folder), ['my data'])
  })

  it('the space it reports is never more than the disk under the image has', async () => {
    await initLoopImage({ dataPath, sizeBytes: SIZE_BYTES })
    const { driver, totalBytes, freeBytes } = await (await openStorage({ dataPath, runBtrfs })).describe()
    assert.equal(driver, 'btrfs')
    assert.equal(totalBytes, SIZE_BYTES)
    assert.ok(freeBytes > 0 && freeBytes < totalBytes)
  })
})
