import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chown } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { whyNoBtrfsLoop, withBtrfsLoop } from '../../support/btrfs-loop.ts'

const run = promisify(execFile)
const NOBODY = { uid: 65534, gid: 65534 }
const SCRIPT = join(import.meta.dirname, 'plain-user-work.ts')

const DONE = {
  driver: 'btrfs',
  advice: null,
  restored: '{}',
  source: 'a film',
  measured: true,
  snapshotCount: 1,
  left: [],
}

async function workAsNobody(t: TestContext, mountOptions: string[]) {
  // Node, or this checkout, may lie in a folder that only root may enter.
  const isReachable = await run('test', ['-r', SCRIPT, '-a', '-x', process.execPath], NOBODY).then(
    () => true,
    () => false,
  )
  if (!isReachable) return t.skip('needs Node and this checkout to be readable by other users')
  const loop = await withBtrfsLoop({ sizeMib: 160, mountOptions })
  try {
    // mkdtemp's folder is root's alone.
    await chown(join(loop.path, '..'), NOBODY.uid, NOBODY.gid)
    await chown(loop.path, NOBODY.uid, NOBODY.gid)
    const { stdout } = await run(process.execPath, [SCRIPT, loop.path], { ...NOBODY, timeout: 60_000 })
    return JSON.parse(stdout)
  } finally {
    await loop.close()
  }
}

describe('Btrfs without root', { skip: whyNoBtrfsLoop() }, () => {
  it('a video is made, snapshotted, restored and deleted, with the mount option that makes it quick', async (t) => {
    const result = await workAsNobody(t, ['user_subvol_rm_allowed'])
    if (result === undefined) return
    assert.deepEqual(result, DONE)
  })

  it('the same works without that option, and the admin is told what is lacking', async (t) => {
    const result = await workAsNobody(t, [])
    if (result === undefined) return
    assert.match(result.advice, /user_subvol_rm_allowed/)
    assert.deepEqual({ ...result, advice: null }, DONE)
  })
})
