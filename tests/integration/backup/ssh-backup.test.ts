import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { drillBackup, verifyBackup } from '#lib/catalog/backup/drill-backup'
import { closePool } from '#lib/jobs/pool'
import { type BtrfsLoop, whyNoBtrfsLoop, withBtrfsLoop } from '../../support/btrfs-loop.ts'
import { openPipelineTest, type PipelineTest } from '../../support/pipeline-test.ts'
import { publishAgain, seedProvedVideo } from '../../support/seed-proved-video.ts'
import { startSshd, type TestSshd, whyNoSshd } from '../../support/start-sshd.ts'
import { backUpTo, damage, describeTree, findFile, runPeekr } from './backup-cases.ts'

const skip = process.env.MONGODB_URI ? 'is about the embedded database' : whyNoBtrfsLoop() || whyNoSshd()

describe('a backup through ssh', { skip }, () => {
  let disk: BtrfsLoop
  let peekr: PipelineTest
  let sshd: TestSshd
  before(async () => {
    disk = await withBtrfsLoop({ sizeMib: 256 })
    const dataPath = join(disk.path, 'data')
    await mkdir(dataPath)
    peekr = await openPipelineTest({ dataPath })
    sshd = await startSshd()
  })
  after(async () => {
    await closePool()
    await sshd?.close()
    await peekr?.close()
    await disk?.close()
  })

  const access = (where: string, sshConfigPath: string | null) => ({
    where,
    at: null,
    passphrase: null,
    sshConfigPath,
  })

  test('it is stored, proved there, brought back and restored, all with nothing but sshd on the other side', async () => {
    const where = `${sshd.address}${disk.path}/remote`
    const ssh = { sshConfigPath: sshd.configPath }
    const { _id: videoId } = await seedProvedVideo(peekr.owner, { title: 'Far' })
    const full = await backUpTo(where, ssh)
    assert.equal(full.kind, 'streams')
    await publishAgain(videoId)
    const next = await backUpTo(where, ssh)
    assert.deepEqual([next.sentCount, next.incrementalCount], [1, 1])
    const scratchPath = disk.path
    assert.deepEqual((await drillBackup({ ...access(where, sshd.configPath), scratchPath })).problems, [])
    const into = join(disk.path, 'restored-ssh')
    const args = ['restore', where, '--into', into, '--ssh-config', sshd.configPath, '--json']
    const restored = await runPeekr(peekr.dataPath, args)
    assert.equal(restored.code, 0, restored.stderr)
    assert.deepEqual(
      await describeTree(join(into, 'library', videoId, 'revisions')),
      await describeTree(join(peekr.dataPath, 'library', videoId, 'revisions')),
    )
    await damage(await findFile(join(disk.path, 'remote/videos', videoId), /\.stream$/))
    assert.equal((await verifyBackup(access(where, sshd.configPath))).problems.length, 1)
  })

  test('a key that is refused, a host that is not known and a port where nobody is give a sentence each', async () => {
    const where = `${sshd.address}${disk.path}/refused`
    await assert.rejects(
      backUpTo(where, { sshConfigPath: sshd.strangerConfigPath }),
      /refused the key\. Add this user’s/,
    )
    await assert.rejects(
      backUpTo(where, { sshConfigPath: sshd.unknownHostConfigPath }),
      /is not known, or is another machine/,
    )
    await assert.rejects(
      backUpTo('ssh://me@127.0.0.1:1/twin', { sshConfigPath: sshd.configPath }),
      /does not answer\. Check that it is on/,
    )
  })
})
