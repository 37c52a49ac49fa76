import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, truncate } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { checkHealth } from '#lib/admin/check-health'
import { controlStorage } from '#lib/admin/control-storage'
import { describeStorage } from '#lib/admin/describe-storage'
import { forgetStorageReport, getStorageReport } from '#lib/admin/get-storage-report'
import { listStorageEvents } from '#lib/admin/list-storage-events'
import { updateSettings } from '#lib/admin/settings'
import { watchStorage } from '#lib/admin/watch-storage'
import { getProofView } from '#lib/catalog/proof/ask-for-proof'
import { proveVideo } from '#lib/catalog/proof/prove-video'
import { runProofs } from '#lib/catalog/proof/run-proofs'
import { restoreState } from '#lib/catalog/snapshots/restore-snapshot'
import { startEmbeddedDatabase } from '#lib/db/embedded/start-embedded-database'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import { sumErrors } from '#lib/domain/storage-health'
import { getLibrary } from '#lib/jobs/library'
import { closePool } from '#lib/jobs/pool'
import { checkFiles } from '#lib/storage/proof/check-files'
import { dropCached } from '#lib/stream/media-cache'
import { streamResponse } from '#lib/stream/stream-response'
import { unmount, whyNoBtrfsLoop } from '../../support/btrfs-loop.ts'
import {
  type BtrfsMirror,
  dropKernelCaches,
  withBtrfsMirror,
  zeroFileIn,
} from '../../support/btrfs-mirror.ts'
import { openPipelineTest, type PipelineTest, until } from '../../support/pipeline-test.ts'
import { fileOf, publishSigned, seedProvedVideo, segmentPath } from '../../support/seed-signed-video.ts'

const run = promisify(execFile)
const never = new AbortController().signal
const SEGMENTS = 4
const SEGMENT_BYTES = 600_000

describe('a mirror of two disks', { skip: whyNoBtrfsLoop() }, () => {
  let mirror: BtrfsMirror
  let peekr: PipelineTest
  let database: { uri: string; stop(): Promise<void> } | null = null
  const videos: VideoRecord[] = []

  before(async () => {
    mirror = await withBtrfsMirror({ sizeMib: 1024 })
    // Elsewhere, so that what is broken is the library alone.
    if (!process.env.MONGODB_URI) database = await startEmbeddedDatabase({ dataPath: mirror.folder })
    peekr = await openPipelineTest({
      dataPath: join(mirror.path, 'data'),
      settings: database ? { MONGODB_URI: database.uri } : {},
    })
    await updateSettings({ verifyMbps: 0 })
    for (let count = 0; count < 3; count += 1)
      videos.push(await seedProvedVideo(peekr.owner, { segmentCount: SEGMENTS, segmentBytes: SEGMENT_BYTES }))
  })
  after(async () => {
    await peekr?.close()
    await closePool()
    await database?.stop()
    await mirror?.close()
  })

  /** Every segment of a video as a viewer gets it, from the disk. @returns what went wrong */
  async function watch(video: VideoRecord): Promise<string[]> {
    const wrong: string[] = []
    dropCached(video._id)
    for (let number = 0; number < SEGMENTS; number += 1) {
      const url = `http://peekr.test/stream/${video._id}/${video.revision?.id}/${segmentPath(number)}`
      try {
        const response = await streamResponse(new Request(url))
        const { length } = new Uint8Array(await response.arrayBuffer())
        if (response.status !== 200 || length !== SEGMENT_BYTES) wrong.push(`${response.status} ${length}`)
      } catch (error) {
        wrong.push(String(error))
      }
    }
    return wrong
  }

  /** Watches all videos over and over until told to stop. */
  function watchOn(watched: readonly VideoRecord[]): {
    stop(): Promise<{ rounds: number; wrong: string[] }>
  } {
    const found = { rounds: 0, wrong: [] as string[], stopped: false }
    const playing = (async () => {
      // A test that fails before it stops this must not hang for it.
      for (const untilMs = performance.now() + 60_000; !found.stopped && performance.now() < untilMs; ) {
        for (const video of watched) found.wrong.push(...(await watch(video)))
        found.rounds += 1
        await sleep(20)
      }
    })()
    return {
      stop: async () => {
        found.stopped = true
        await playing
        return found
      },
    }
  }

  async function countErrors(): Promise<number> {
    return (await (await getLibrary()).health()).devices.reduce((sum, device) => sum + sumErrors(device), 0)
  }

  async function scrub() {
    await controlStorage({ action: 'start-scrub' })
    return until('the end of the scrub', async () => {
      const { scrub: status } = await (await getLibrary()).health()
      return status?.state === 'finished' && status
    })
  }

  test('one bad copy: no viewer notices, the counters rise, an alert is raised, and a scrub repairs all of it', async () => {
    await watchStorage(never)
    assert.deepEqual((await checkHealth()).storage, [])
    const [video] = videos as [VideoRecord]
    const playing = watchOn(videos)
    await dropKernelCaches()
    let zeroed = 0
    for (let number = 0; number < SEGMENTS; number += 1)
      zeroed += await zeroFileIn(mirror, 0, await fileOf(video, segmentPath(number)))
    assert.ok(zeroed > SEGMENTS * SEGMENT_BYTES * 0.9, `${zeroed} bytes zeroed`)
    await dropKernelCaches()
    await sleep(400)
    // Which copy a read takes is the kernel's choice; a reading of everything has no choice but to meet some.
    assert.deepEqual(await watch(video), [])
    const { rounds, wrong } = await playing.stop()
    // What nobody watches is repaired by the scrub alone.
    const quiet = await fileOf(videos[1] as VideoRecord, segmentPath(3))
    assert.ok((await zeroFileIn(mirror, 1, quiet)) >= SEGMENT_BYTES * 0.9)
    await dropKernelCaches()
    const { correctedCount, uncorrectableCount } = await scrub()
    assert.ok(correctedCount > 100, `${correctedCount} repaired`)
    assert.deepEqual(wrong, [])
    assert.ok(rounds > 2, `${rounds} rounds`)
    const errors = await countErrors()
    assert.ok(errors > 0, 'device stats rose')
    assert.equal(uncorrectableCount, 0)
    await watchStorage(never)
    const { alerts } = await describeStorage()
    assert.deepEqual([...new Set(alerts.map(({ kind }) => kind))], ['device-errors'])
    assert.match(
      alerts[0]?.sentence ?? '',
      /^On \/dev\/loop\d+ .+ had wrong bytes\. The other copy was used where it was good\..+\.$/,
    )
    assert.deepEqual((await checkHealth()).storage, ['device-errors'])
    const events = (await listStorageEvents({ limit: 50 })).items.map(({ kind }) => kind)
    assert.ok(events.includes('device-errors') && events.includes('scrub-started'), events.join())
    // Nothing is left to repair, in either copy.
    await dropKernelCaches()
    const again = await scrub()
    assert.deepEqual([again.errorCount, again.correctedCount, again.uncorrectableCount], [0, 0, 0])
    assert.equal((await proveVideo(video._id, never))?.verdict, 'intact')
    await controlStorage({ action: 'reset-counters' })
    assert.deepEqual((await getStorageReport({ fresh: true })).alerts, [])
    console.log(
      `# ${rounds} rounds of 12 segments, 0 errors; ${errors} counted, ${correctedCount} repaired by the scrub`,
    )
  })

  test('both copies bad: that video is quarantined, the others play, and the restore it is offered works', async () => {
    const first = videos[1] as VideoRecord
    const video = await publishSigned(first._id, { segmentCount: SEGMENTS, segmentBytes: SEGMENT_BYTES })
    videos[1] = video
    const path = await fileOf(video, segmentPath(2))
    const cached = await readFile(path)
    for (const copy of [0, 1]) assert.ok((await zeroFileIn(mirror, copy, path)) >= SEGMENT_BYTES * 0.9)
    // The cache has it still, unless somebody else on this machine had it dropped, and would hide it; a reading of the
    // disk is not taken in.
    await readFile(path).then(
      (bytes) => assert.deepEqual(bytes, cached),
      (error) => assert.equal(error.code, 'EIO'),
    )
    const entry = {
      path: basename(path),
      sizeBytes: cached.length,
      sha256: createHash('sha256').update(cached).digest('hex'),
    }
    assert.deepEqual(await checkFiles({ folderPath: dirname(path), files: [entry], bytesPerSecond: 0 }), [
      { path: basename(path), problem: 'unreadable' },
    ])
    await dropKernelCaches()
    const others = [videos[0], videos[2]] as VideoRecord[]
    const playing = watchOn(others)
    // The viewer who meets it is the first to tell.
    assert.equal((await watch(video)).length, 1)
    await until(
      'the request',
      async () => (await getProofView({ viewer: peekr.owner, videoId: video._id })).pending,
    )
    await runProofs(never)
    const proof = await getProofView({ viewer: peekr.owner, videoId: video._id })
    assert.equal(proof.verdict, 'quarantined')
    assert.match(proof.sentence, /1 cannot be read; 360p\/segment-00002\.m4s/)
    assert.equal((await watch(video)).length, SEGMENTS, 'it plays nothing')
    assert.deepEqual((await playing.stop()).wrong, [])
    const { proofs, alerts } = await describeStorage()
    assert.deepEqual(
      proofs.quarantined.map(({ id }) => id),
      [video._id],
    )
    forgetStorageReport()
    assert.ok(
      (await describeStorage()).alerts.some(({ kind }) => kind === 'quarantined'),
      JSON.stringify(alerts),
    )
    assert.equal(proof.restores.length, 1)
    await restoreState(video._id, proof.restores[0]?.name ?? '', 'all')
    videos[1] = (await VideoModel.findById(video._id).lean()) as VideoRecord
    assert.deepEqual(await watch(videos[1]), [])
    await runProofs(never)
    assert.equal((await getProofView({ viewer: peekr.owner, videoId: video._id })).verdict, 'intact')
    // The restore kept the damaged state, as any change does; its owner lets it go with its snapshots.
    const library = await getLibrary()
    for (const { name, reason } of await library.listSnapshots(video._id))
      if (reason === 'before-restore' || reason === `publish-${video.revision?.id}`)
        await library.deleteSnapshot(video._id, name)
    // The kernel's cleaner is woken by a commit, and comes by itself only every half minute.
    await run('btrfs', ['filesystem', 'sync', mirror.path])
    await run('btrfs', ['subvolume', 'sync', '-s', '1', mirror.path])
    await controlStorage({ action: 'reset-counters' })
  })

  test('a disk that is cut off under load: everything plays, it is told, and the runbook brings a second copy back', async () => {
    const playing = watchOn([...videos])
    await truncate(mirror.images[1] ?? '', 1024 ** 2)
    await dropKernelCaches()
    // Written while one disk has lost what it had.
    const video = await seedProvedVideo(peekr.owner, { segmentCount: SEGMENTS, segmentBytes: SEGMENT_BYTES })
    videos.push(video)
    await dropKernelCaches()
    for (const each of videos) assert.deepEqual(await watch(each), [])
    // Which copy viewers read is the kernel's choice; a scrub reads both. Of what it cannot read it counts the blocks that
    // hold nothing as not repaired, too (docs/decisions/0018-proof-and-healing.md), so there always are some here.
    await scrub()
    const { rounds, wrong } = await playing.stop()
    assert.deepEqual(wrong, [])
    assert.ok(rounds > 1, `${rounds} rounds`)
    assert.ok((await countErrors()) > 0)
    assert.ok((await getStorageReport({ fresh: true })).alerts.some(({ kind }) => kind === 'device-errors'))

    // The machine restarts without that disk.
    await closePool()
    await unmount(mirror.path)
    await run('losetup', ['-d', mirror.devices[1] ?? ''])
    await run('btrfs', ['device', 'scan', '--forget'])
    await assert.rejects(run('mount', [mirror.devices[0] ?? '', mirror.path]))
    await run('mount', ['-o', 'degraded,noatime', mirror.devices[0] ?? '', mirror.path])
    for (const each of videos) assert.deepEqual(await watch(each), [])
    await watchStorage(never)
    const degraded = await getStorageReport({ fresh: true })
    assert.ok(
      degraded.alerts.some(({ kind }) => kind === 'device-missing'),
      JSON.stringify(degraded),
    )
    assert.equal((await proveVideo(video._id, never))?.verdict, 'intact')

    // docs/runbook.md, “A disk is missing”.
    const missing = degraded.health?.devices.find(({ path }) => path === null)
    const { device } = await mirror.addDevice()
    await run('btrfs', ['replace', 'start', '-B', '-f', String(missing?.id), device, mirror.path])
    for (const letter of ['d', 'm'])
      await run('btrfs', ['balance', 'start', `-${letter}convert=raid1,soft`, mirror.path])
    await controlStorage({ action: 'reset-counters' })
    const found = await scrub()
    assert.deepEqual([found.errorCount, found.uncorrectableCount], [0, 0])
    const whole = await getStorageReport({ fresh: true })
    assert.deepEqual(whole.alerts, [])
    assert.deepEqual([whole.health?.isMirrored, whole.health?.hints], [true, []])
    await watchStorage(never)
    const events = (await listStorageEvents({ limit: 50 })).items.map(({ kind }) => kind)
    assert.ok(events.includes('device-missing') && events.includes('device-back'), events.join())
  })
})
