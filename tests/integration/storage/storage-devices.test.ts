import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { createId } from '#lib/domain/id'
import { configureLog } from '#lib/log'
import { runBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { isMountPoint } from '#lib/storage/find-mount'
import { initDevices } from '#lib/storage/image/init-devices'
import { mountImageIfNeeded } from '#lib/storage/mount-image'
import { openStorage } from '#lib/storage/open-storage'
import { unmount, whyNoBtrfsLoop } from '../../support/btrfs-loop.ts'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../../..')

describe('a Btrfs on disks of its own', { skip: whyNoBtrfsLoop() }, () => {
  let folder = ''
  let dataPath = ''
  const devices: string[] = []

  before(async () => {
    configureLog('error')
    folder = await mkdtemp(join(tmpdir(), 'peekr-devices-'))
    dataPath = join(folder, 'my data')
    for (const name of ['one.img', 'two.img']) {
      await writeFile(join(folder, name), '')
      await truncate(join(folder, name), 200 * 1024 ** 2)
      devices.push((await run('losetup', ['-f', '--show', join(folder, name)])).stdout.trim())
    }
  })
  after(async () => {
    await unmount(dataPath)
    await unmount(`${dataPath}.btrfs.mount`)
    for (const device of devices) await run('losetup', ['-d', device])
    await rm(folder, { recursive: true, force: true })
    configureLog('info')
  })

  it('what cannot be meant is refused in a sentence, before anything is touched', async () => {
    const [one = ''] = devices
    const refused: [string[], boolean, RegExp][] = [
      [[one], true, /two different devices/],
      [[one, one], true, /two different devices/],
      [devices, false, /lose everything when one of them fails/],
      [[join(folder, 'one.img'), one], true, /is no block device/],
      [['/dev/nothing-here'], false, /is no block device/],
    ]
    for (const [given, raid1, sentence] of refused) {
      await assert.rejects(initDevices({ dataPath, devices: given, raid1 }), {
        code: 'invalid_input',
        message: sentence,
      })
    }
    const none = await run(process.execPath, ['bin/main.ts', 'storage', 'init', '--path', dataPath], {
      cwd: root,
    }).catch((error) => error)
    assert.match(none.stderr, /^Say where:/)
    assert.deepEqual((await readdir(folder)).sort(), ['one.img', 'two.img'])
  })

  it('a mirror is made by the command: data moves in, everything is kept twice, and the lines it prints are sound', async () => {
    const videoId = createId()
    const plain = await openStorage({ dataPath, runBtrfs })
    await plain.createVideo(videoId)
    await plain.writeVideoFile(videoId, 'video.json', '{"title":"a film"}')
    const args = ['storage', 'init', '--raid1', '--path', dataPath, '--json', '--devices', ...devices]
    const { stdout } = await run(process.execPath, ['bin/main.ts', ...args], { cwd: root, timeout: 60_000 })
    const { uuid, previousData, fstabLine, unit } = JSON.parse(stdout)
    assert.ok(await isMountPoint(dataPath))
    assert.match(await runBtrfs(['filesystem', 'df', dataPath]), /Data, RAID1.*Metadata, RAID1/s)
    const storage = await openStorage({ dataPath, runBtrfs })
    assert.equal((await storage.describe()).driver, 'btrfs')
    assert.equal(String(await storage.readVideoFile(videoId, 'video.json')), '{"title":"a film"}')
    assert.equal(
      await readFile(join(previousData, 'library', videoId, 'video.json'), 'utf8'),
      '{"title":"a film"}',
    )

    assert.equal(
      fstabLine,
      `UUID=${uuid} ${dataPath.replaceAll(' ', '\\040')} btrfs noatime,user_subvol_rm_allowed,nofail 0 0`,
    )
    assert.match(unit.path, /^\/etc\/systemd\/system\/.+-my\\x20data\.mount$/)
    assert.match(unit.text, new RegExp(`What=/dev/disk/by-uuid/${uuid}\nWhere=${dataPath}\n`))
  })

  it('after a restart a start mounts it, and does not begin an empty library under it', async () => {
    await unmount(dataPath)
    assert.deepEqual(await readdir(dataPath), ['.mounted-by-uuid'])
    await mountImageIfNeeded(dataPath)
    assert.ok(await isMountPoint(dataPath))
    assert.equal((await (await openStorage({ dataPath, runBtrfs })).listVideoIds()).length, 1)
    await mountImageIfNeeded(dataPath)
  })

  it('devices that hold something are refused, and so is a folder that was put on Btrfs before', async () => {
    await assert.rejects(initDevices({ dataPath, devices, raid1: true }), {
      code: 'conflict',
      message: /is mounted/,
    })
    await unmount(dataPath)
    await assert.rejects(initDevices({ dataPath, devices, raid1: true }), {
      code: 'conflict',
      message: /put on Btrfs before/,
    })
    const other = join(folder, 'other')
    await mkdir(other)
    await writeFile(join(other, 'mine'), 'x')
    await assert.rejects(initDevices({ dataPath: other, devices, raid1: true }), {
      code: 'conflict',
      message: /wipefs -a/,
    })
    assert.deepEqual(await readdir(other), ['mine'], 'untouched')
  })
})
