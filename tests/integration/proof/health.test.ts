import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { checkHealth } from '#lib/admin/check-health'
import { controlStorage } from '#lib/admin/control-storage'
import { getStorageReport } from '#lib/admin/get-storage-report'
import { listStorageEvents } from '#lib/admin/list-storage-events'
import { updateSettings } from '#lib/admin/settings'
import { watchStorage } from '#lib/admin/watch-storage'
import { updateVideo } from '#lib/catalog/update-video'
import { startEmbeddedDatabase } from '#lib/db/embedded/start-embedded-database'
import { StorageStateModel } from '#lib/db/models/storage-state'
import type { VideoRecord } from '#lib/db/models/video'
import { isPeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { closePool } from '#lib/jobs/pool'
import { dropCached } from '#lib/stream/media-cache'
import { streamResponse } from '#lib/stream/stream-response'
import { type BtrfsLoop, whyNoBtrfsLoop, withBtrfsLoop } from '../../support/btrfs-loop.ts'
import { importClip, openPipelineTest, type PipelineTest, until } from '../../support/pipeline-test.ts'
import { seedProvedVideo, segmentPath } from '../../support/seed-signed-video.ts'

const run = promisify(execFile)
const never = new AbortController().signal
const DAY_MS = 86_400_000

describe('the health of one disk', { skip: whyNoBtrfsLoop() }, () => {
  let disk: BtrfsLoop
  let peekr: PipelineTest
  let folder = ''
  let video: VideoRecord
  let database: { uri: string; stop(): Promise<void> } | null = null

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'peekr-health-'))
    disk = await withBtrfsLoop({ sizeMib: 200 })
    if (!process.env.MONGODB_URI) {
      await mkdir(join(folder, 'db'))
      database = await startEmbeddedDatabase({ dataPath: join(folder, 'db') })
    }
    peekr = await openPipelineTest({
      dataPath: join(disk.path, 'data'),
      settings: database ? { MONGODB_URI: database.uri } : {},
    })
    video = await seedProvedVideo(peekr.owner, { segmentBytes: 6_000_000 })
    await watchStorage(never)
  })
  after(async () => {
    await run('btrfs', ['scrub', 'cancel', disk?.path ?? '']).catch(() => {}) // only where a test failed is there one
    await run('mount', ['-o', 'remount,rw', disk.path]).catch(() => {})
    await peekr?.close()
    await closePool()
    await database?.stop()
    await disk?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const findScrub = async () => (await (await getLibrary()).health()).scrub
  const kinds = async () => (await listStorageEvents({ limit: 50 })).items.map(({ kind }) => kind)

  test('a scrub is started when it is due and not before, once, and its end is told', async () => {
    await updateSettings({ scrubDays: 7 })
    await watchStorage(never)
    assert.equal((await findScrub())?.state, 'never')
    const eightDaysAgo = new Date(Date.now() - 8 * DAY_MS).toISOString()
    await StorageStateModel.updateOne({ _id: 'watch' }, { $set: { 'value.scrubbedAt': eightDaysAgo } })
    await watchStorage(never)
    const ended = await until('the scrub', async () => {
      const scrub = await findScrub()
      return scrub?.state === 'finished' && scrub
    })
    assert.ok(ended.readBytes > 20_000_000)
    await watchStorage(never)
    await watchStorage(never)
    assert.deepEqual(await kinds(), ['scrub-ended', 'scrub-started'])
    const [last] = (await listStorageEvents({ limit: 1 })).items
    assert.match(last?.sentence ?? '', /^A scrub read .+ and found no errors\.$/)
  })

  test('a scrub is stopped by hand, stays so, and goes on from there', async () => {
    const { stdout } = await run('findmnt', ['-n', '-o', 'UUID', disk.path])
    const limit = `/sys/fs/btrfs/${stdout.trim()}/devinfo/1/scrub_speed_max`
    await writeFile(limit, '1000000')
    await controlStorage({ action: 'start-scrub' })
    assert.equal((await findScrub())?.state, 'running')
    await controlStorage({ action: 'start-scrub' }) // one that runs is left alone
    await controlStorage({ action: 'stop-scrub' })
    await until('its stop', async () => (await findScrub())?.state === 'stopped')
    await controlStorage({ action: 'stop-scrub' })
    await watchStorage(never)
    assert.equal((await findScrub())?.state, 'stopped')
    await writeFile(limit, '0')
    await controlStorage({ action: 'start-scrub' })
    await until('its end', async () => (await findScrub())?.state === 'finished')
  })

  test('a filesystem that turned read-only is noticed and told; watching goes on, changes say why, and its return is told', async () => {
    await watchStorage(never)
    await run('mount', ['-o', 'remount,ro', disk.path])
    await watchStorage(never)
    const { alerts } = await getStorageReport({ fresh: true })
    assert.deepEqual(
      alerts.map(({ kind }) => kind),
      ['read-only'],
    )
    assert.match(
      alerts[0]?.sentence ?? '',
      /^The library can only be read: .+ Watching goes on\. .+runbook\.md\.$/,
    )
    assert.deepEqual((await checkHealth()).storage, ['read-only'])
    assert.equal((await kinds())[0], 'read-only')
    dropCached(video._id)
    const url = `http://peekr.test/stream/${video._id}/${video.revision?.id}/${segmentPath(0)}`
    assert.equal((await streamResponse(new Request(url))).status, 200)
    const clip = join(folder, 'clip.mp4')
    await writeFile(clip, randomBytes(1000))
    for (const change of [
      () => updateVideo({ viewer: peekr.owner, videoId: video._id, changes: { title: 'Other' } }),
      () => importClip(peekr, clip),
    ]) {
      await assert.rejects(change(), (error) => {
        assert.ok(isPeekrError(error) && error.status >= 500, String(error))
        assert.match(error.message, /read|storage/i)
        return true
      })
    }
    await run('mount', ['-o', 'remount,rw', disk.path])
    await watchStorage(never)
    assert.deepEqual((await getStorageReport({ fresh: true })).alerts, [])
    assert.equal((await kinds())[0], 'writable-again')
    await updateVideo({ viewer: peekr.owner, videoId: video._id, changes: { title: 'Other' } })
  })
})
