import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { drillBackup, verifyBackup } from '#lib/catalog/backup/drill-backup'
import { updateVideo } from '#lib/catalog/update-video'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { getLibrary } from '#lib/jobs/library'
import { closePool } from '#lib/jobs/pool'
import { isSubvolume } from '#lib/storage/btrfs/subvolume'
import { type BtrfsLoop, whyNoBtrfsLoop, withBtrfsLoop } from '../../support/btrfs-loop.ts'
import { namesIn, openPipelineTest, type PipelineTest } from '../../support/pipeline-test.ts'
import { seedProvedVideo } from '../../support/seed-proved-video.ts'
import { backUpTo, damage, describeTree, findFile, runPeekr } from './backup-cases.ts'

const root = resolve(import.meta.dirname, '../../..')
const skip = process.env.MONGODB_URI ? 'is about the embedded database' : whyNoBtrfsLoop()

describe('a backup on Btrfs', { skip }, () => {
  let disk: BtrfsLoop
  let twin: BtrfsLoop
  let peekr: PipelineTest
  before(async () => {
    disk = await withBtrfsLoop({ sizeMib: 400 })
    twin = await withBtrfsLoop({ sizeMib: 400 })
    const dataPath = join(disk.path, 'data')
    await mkdir(dataPath)
    peekr = await openPipelineTest({ dataPath, settings: { PEEKR_ORIGINALS: 'keep' } })
  })
  after(async () => {
    await closePool()
    await peekr?.close()
    await twin?.close()
    await disk?.close()
  })

  const access = (where: string) => ({ where, at: null, passphrase: null, sshConfigPath: null })

  for (const kind of ['btrfs', 'streams'] as const) {
    test(`${kind}: changes alone are sent, and a restore in an empty folder gives the same files`, async () => {
      const target = join(twin.path, kind)
      const { _id: videoId } = await seedProvedVideo(
        peekr.owner,
        { title: kind },
        { segmentSizeBytes: 100_000 },
      )
      await writeFile((await getLibrary()).sourcePath(videoId), 'the original')
      await VideoModel.updateOne({ _id: videoId }, { $set: { 'source.sha256': null } })
      const full = await backUpTo(target, { streams: kind === 'streams' })
      assert.equal(full.kind, kind)
      assert.ok(full.sentBytes > 300_000)
      assert.equal((await backUpTo(target, { streams: kind === 'streams' })).sentCount, 0)
      await updateVideo({ viewer: peekr.owner, videoId, changes: { title: `${kind}, edited` } })
      const next = await backUpTo(target, { streams: kind === 'streams' })
      assert.deepEqual([next.sentCount, next.incrementalCount], [1, 1])
      assert.ok(next.sentBytes < 50_000, `${next.sentBytes} bytes`)
      assert.deepEqual((await verifyBackup(access(target))).problems, [])
      const into = join(disk.path, `restored-${kind}`)
      const restored = await runPeekr(peekr.dataPath, ['restore', target, '--into', into, '--json'])
      assert.equal(restored.code, 0, restored.stderr)
      assert.deepEqual(JSON.parse(restored.stdout).damaged, [])
      for (const part of ['revisions', 'source', 'video.json']) {
        const paths = [peekr.dataPath, into].map((data) => join(data, 'library', videoId, part))
        const [left, right] = await Promise.all(
          paths.map((path) =>
            part === 'video.json' ? stat(path).then(({ size }) => size) : describeTree(path),
          ),
        )
        assert.deepEqual(right, left, part)
      }
      assert.ok(await isSubvolume(join(into, 'library', videoId)))
      assert.deepEqual(
        (await readdir(join(into, 'twin'))).filter((name) => name !== 'running'),
        [],
      )
    })
  }

  test('a changed bit is found: in a stream by its hash, in a subvolume by the signed manifest', async () => {
    for (const kind of ['btrfs', 'streams'] as const) {
      const target = join(twin.path, `damaged-${kind}`)
      await backUpTo(target, { streams: kind === 'streams' })
      const pattern = kind === 'streams' ? /video-.*\.stream$/ : /segment-00000/
      const path = await findFile(join(target, 'videos'), pattern)
      if (kind === 'btrfs') await makeWritable(path)
      await damage(path)
      assert.equal((await verifyBackup(access(target))).problems.length, 1)
      const drill = await drillBackup({ ...access(target), scratchPath: disk.path })
      assert.equal(drill.problems.length, 1)
      assert.match(
        drill.problems[0]?.sentence ?? '',
        /is damaged\. Take another backup|not what its manifest says/,
      )
    }
  })

  test('killed again and again it goes on: what counts is whole, and nothing half received is left', async () => {
    const target = join(twin.path, 'killed')
    for (let at = 0; at < 3; at += 1) {
      await seedProvedVideo(peekr.owner, { title: `Long ${at}` }, { segmentSizeBytes: 2_000_000 })
    }
    let halves = 0
    for (let round = 0; round < 2; round += 1) {
      const child = spawnPeekr(peekr.dataPath, ['backup', target, '--json'])
      const ended = once(child, 'exit')
      // In the middle of receiving one: it has its name, and not its mark.
      while (child.exitCode === null && (await listHalf(target)).length === 0) await sleep(5)
      child.kill('SIGKILL')
      await ended
      halves += (await listHalf(target)).length
      if ((await namesIn(target, 'runs')).length === 0)
        await assert.rejects(verifyBackup(access(target)), /There is no (?:complete|Peekr) backup/)
    }
    assert.ok(halves > 0, 'nothing was cut off in the middle')
    await sleep(300) // the children of the killed one see their pipes end
    await backUpTo(target)
    const report = await verifyBackup(access(target))
    assert.deepEqual(report.problems, [])
    assert.equal(report.videoCount, (await (await getLibrary()).listVideoIds()).length)
    assert.deepEqual(await listHalf(target), [])
  })

  test('a restore that was killed goes on, and ends as the same library', async () => {
    const target = join(twin.path, 'killed')
    const into = join(disk.path, 'restored-killed')
    const args = ['restore', target, '--into', into, '--json']
    const child = spawnPeekr(peekr.dataPath, args)
    const ended = once(child, 'exit')
    while (child.exitCode === null && (await namesIn(into, 'library')).length < 3) await sleep(5)
    child.kill('SIGKILL')
    await ended
    assert.deepEqual(await namesIn(into, 'db'), [], 'it was killed before its end')
    await sleep(300)
    const again = await runPeekr(peekr.dataPath, args)
    assert.equal(again.code, 0, again.stderr)
    assert.equal(JSON.parse(again.stdout).videoCount, (await (await getLibrary()).listVideoIds()).length)
    const verified = await runPeekr(into, ['verify', '--json'])
    assert.deepEqual(JSON.parse(verified.stdout).findings, [], verified.stderr)
    assert.deepEqual(
      (await namesIn(into, 'library')).filter((name) => name.startsWith('.')),
      [],
    )
  })

  test('a subvolume that was cut off is not taken for a good one, though it has its name', async () => {
    const target = join(twin.path, 'half')
    const { _id: videoId } = await seedProvedVideo(peekr.owner)
    await backUpTo(target)
    const folder = join(target, 'videos', videoId)
    const [mark = ''] = (await readdir(folder)).filter(
      (name) => name.startsWith('video-') && name.endsWith('.json'),
    )
    await makeWritable(await findFile(join(folder, mark.replace('.json', '')), /segment-00000/))
    await rm(await findFile(join(folder, mark.replace('.json', '')), /segment-00000/))
    await rm(join(folder, mark))
    const again = await backUpTo(target)
    assert.equal(again.sentCount, 1)
    assert.deepEqual((await verifyBackup(access(target))).problems, [])
  })

  test('a target that is full says so, and the next run goes on where this one was', async () => {
    const small = await withBtrfsLoop({ sizeMib: 120 })
    try {
      const { _id: videoId } = await seedProvedVideo(
        peekr.owner,
        {},
        { segmentCount: 9, segmentSizeBytes: 8_000_000 },
      )
      const target = join(small.path, 'twin')
      const fill = join(small.path, 'ballast')
      await writeFile(fill, Buffer.alloc(30_000_000, createId()))
      await assert.rejects(backUpTo(target), /There is no space left in .*it goes on where it was\.$/)
      await assert.rejects(verifyBackup(access(target)), /no complete backup/)
      await rm(fill)
      assert.equal((await namesIn(peekr.dataPath, 'twin', videoId)).length, 1)
      await (await getLibrary()).deleteVideo(videoId)
      assert.deepEqual(await namesIn(peekr.dataPath, 'twin', videoId), [], 'what was held of it is gone, too')
      await VideoModel.deleteOne({ _id: videoId })
      await backUpTo(target)
      assert.deepEqual((await verifyBackup(access(target))).problems, [])
    } finally {
      await small.close()
    }
  })
})

/** The command in a process of its own, to be killed. */
function spawnPeekr(dataPath: string, args: string[]): ChildProcess {
  const { PATH, HOME } = process.env
  const env = { PATH, HOME, PEEKR_DATA: dataPath, PEEKR_ORIGINALS: 'keep', PEEKR_LOG_LEVEL: 'silent' }
  return spawn(process.execPath, ['bin/main.ts', ...args], {
    cwd: root,
    env: env as unknown as NodeJS.ProcessEnv,
    stdio: 'ignore',
  })
}

/** States in a target that have no mark. */
async function listHalf(target: string): Promise<string[]> {
  const half: string[] = []
  for (const video of await namesIn(target, 'videos')) {
    const names = await namesIn(target, 'videos', video)
    half.push(...names.filter((name) => !name.includes('.json') && !names.includes(`${name}.json`)))
  }
  return half
}

async function makeWritable(path: string): Promise<void> {
  const [subvolume] = /^.*\/videos\/[^/]+\/[^/]+/.exec(path) ?? []
  const { runBtrfs } = await import('#lib/storage/btrfs/run-btrfs')
  await runBtrfs(['property', 'set', '-f', '-ts', subvolume ?? path, 'ro', 'false'])
}
