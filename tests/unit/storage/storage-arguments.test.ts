import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  buildCreateSubvolume,
  buildDeleteSubvolume,
  buildMakeWritable,
  buildReadOnlySnapshot,
  buildSyncFilesystem,
} from '#lib/storage/btrfs/btrfs-arguments'
import { classifyBtrfsFailure } from '#lib/storage/btrfs/run-btrfs'
import { parseMountInfo } from '#lib/storage/find-mount'
import { buildFstabLine, buildMountImage, buildSudoCommand } from '#lib/storage/image/mount-arguments'

describe('what is asked of btrfs-progs and mount', () => {
  it('every command is a list of arguments with the path in one piece, whatever is in it', () => {
    const path = '/data/a b;$(x)'
    assert.deepEqual(buildCreateSubvolume(path), ['subvolume', 'create', path])
    assert.deepEqual(buildDeleteSubvolume(path), ['subvolume', 'delete', path])
    assert.deepEqual(buildReadOnlySnapshot(path, '/to'), ['subvolume', 'snapshot', '-r', path, '/to'])
    assert.deepEqual(buildMakeWritable(path), ['property', 'set', '-ts', path, 'ro', 'false'])
    assert.deepEqual(buildSyncFilesystem(path), ['filesystem', 'sync', path])
    assert.deepEqual(buildMountImage('/i', path).slice(-2), ['/i', path])
  })

  it('a full disk or quota is told from every other failure', () => {
    const full = "ERROR: cannot create subvolume '/x': No space left on device"
    assert.equal(classifyBtrfsFailure(['x'], full).code, 'disk_full')
    assert.equal(classifyBtrfsFailure(['x'], 'ERROR: … Disk quota exceeded').code, 'disk_full')
    assert.equal(classifyBtrfsFailure(['x'], 'ERROR: not a btrfs filesystem').code, 'storage_unavailable')
  })

  it('an fstab line survives spaces, and a machine that lacks the image still starts', () => {
    assert.equal(
      buildFstabLine('/srv/my data.btrfs', '/srv/my data'),
      '/srv/my\\040data.btrfs /srv/my\\040data btrfs loop,noatime,user_subvol_rm_allowed,nofail 0 0',
    )
  })

  it('a command to paste cannot be taken apart by the shell', () => {
    assert.equal(buildSudoCommand('mount', ["/a b'c", '/plain-1.0']), "sudo mount '/a b'\\''c' /plain-1.0")
  })

  it('mounts are read with their escapes', () => {
    const line =
      '36 35 98:0 / /mnt/my\\040data rw,noatime shared:1 - btrfs /dev/loop0 rw,user_subvol_rm_allowed'
    assert.deepEqual(parseMountInfo(`${line}\n`), [
      {
        mountPoint: '/mnt/my data',
        type: 'btrfs',
        source: '/dev/loop0',
        options: ['rw', 'noatime', 'rw', 'user_subvol_rm_allowed'],
      },
    ])
  })
})
