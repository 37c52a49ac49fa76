import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { drillBackup, verifyBackup } from '#lib/catalog/backup/drill-backup'
import { restoreVideo } from '#lib/catalog/backup/restore-video'
import { restoreState } from '#lib/catalog/snapshots/restore-snapshot'
import { updateVideo } from '#lib/catalog/update-video'
import { startEmbeddedDatabase } from '#lib/db/embedded/start-embedded-database'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { getLibrary } from '#lib/jobs/library'
import { closePool } from '#lib/jobs/pool'
import { settleSources } from '#lib/jobs/settle-sources'
import { forgetSingleton } from '#lib/singleton'
import { openPipelineTest, type PipelineTest } from '../../support/pipeline-test.ts'
import { publishAgain, seedProvedVideo } from '../../support/seed-proved-video.ts'
import { backUpTo, damage, describeTree, findFile, runPeekr } from './backup-cases.ts'

describe('a backup on plain folders', {
  skip: process.env.MONGODB_URI ? 'is about the embedded database' : false,
}, () => {
  let peekr: PipelineTest
  let folder: string
  before(async () => {
    peekr = await openPipelineTest()
    folder = await mkdtemp(join(tmpdir(), 'peekr-backup-'))
  })
  after(async () => {
    await closePool()
    await peekr?.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** One data folder at a time is this process's. */
  async function reopen(): Promise<void> {
    forgetSingleton('secret:manifest')
    peekr = await openPipelineTest()
  }

  const access = (where: string) => ({ where, at: null, passphrase: null, sshConfigPath: null })

  test('a second one copies only what changed, and shares the rest by hard links', async () => {
    const target = join(folder, 'incremental')
    const first = await seedProvedVideo(peekr.owner, { title: 'One' })
    await seedProvedVideo(peekr.owner, { title: 'Two' })
    const full = await backUpTo(target)
    assert.deepEqual([full.kind, full.videoCount, full.sentCount, full.incrementalCount], ['files', 2, 2, 0])
    assert.ok(full.sentBytes > 120_000)
    assert.equal((await backUpTo(target)).sentCount, 0, 'nothing changed')
    await updateVideo({ viewer: peekr.owner, videoId: first._id, changes: { title: 'One, edited' } })
    const third = await backUpTo(target)
    assert.deepEqual([third.sentCount, third.incrementalCount], [1, 1])
    assert.ok(third.sentBytes < 5_000, `${third.sentBytes} bytes`)
    const states = (await readdir(join(target, 'videos', first._id))).filter(
      (name) => !name.endsWith('.json'),
    )
    assert.equal(states.length, 2)
    const segment = await findFile(join(target, 'videos', first._id, states[0] ?? ''), /segment-00000/)
    assert.equal((await stat(segment)).nlink, 2)
    assert.equal((await stat(join(target, 'secrets/manifest'))).mode & 0o777, 0o600)
    const report = await verifyBackup(access(target))
    assert.deepEqual([report.videoCount, report.problems], [2, []])
  })

  test('restored in an empty folder by the command it is the same library, and Peekr’s own check finds nothing', async () => {
    const target = join(folder, 'restore')
    const { _id: videoId } = await seedProvedVideo(peekr.owner, { title: 'Kept' })
    await backUpTo(target)
    const into = join(folder, 'restored')
    const restored = await runPeekr(peekr.dataPath, ['restore', target, '--into', into, '--json'])
    assert.equal(restored.code, 0, restored.stderr)
    assert.deepEqual(JSON.parse(restored.stdout).damaged, [])
    assert.deepEqual(
      await describeTree(join(into, 'library', videoId)),
      await describeTree(join(peekr.dataPath, 'library', videoId)),
    )
    const verified = await runPeekr(into, ['verify', '--json'])
    assert.deepEqual([verified.code, JSON.parse(verified.stdout).findings], [0, []], verified.stderr)
    assert.equal(JSON.parse(verified.stdout).videoCount, await VideoModel.countDocuments())
    const again = await runPeekr(peekr.dataPath, ['restore', target, '--into', into])
    assert.equal(again.code, 1)
    assert.match(again.stderr, /holds a library already\. Restore into another folder with --into/)
  })

  test('work that was under way is begun anew or named as lost, and a MongoDB’s export comes back as well', async () => {
    const target = join(folder, 'under-way')
    const database = await startEmbeddedDatabase({ dataPath: join(folder, 'mongodb') })
    await closePool()
    await peekr.close()
    forgetSingleton('secret:manifest')
    // To everything above it, a server that MONGODB_URI names.
    const other = await openPipelineTest({ settings: { MONGODB_URI: database.uri } })
    const [waiting, arriving] = [createId(), createId()]
    try {
      await seedProvedVideo(other.owner, { title: 'Published' })
      const library = await getLibrary()
      const facts = { ownerId: other.owner.userId, title: 'Unfinished', visibility: 'private' as const }
      const source = { filename: 'a.mp4', sizeBytes: 6, sha256: null }
      await library.createVideo(waiting)
      await writeFile(library.sourcePath(waiting), 'a film')
      for (const [videoId, state] of [
        [waiting, 'transcoding'],
        [arriving, 'uploading'],
      ] as const) {
        await VideoModel.create({ _id: videoId, uploadId: createId(), state, source, ...facts })
      }
      const result = await backUpTo(target)
      assert.deepEqual([result.videoCount, result.sentCount], [2, 2])
      assert.deepEqual((await drillBackup({ ...access(target), scratchPath: folder })).problems, [])
    } finally {
      await other.close()
      await database.stop()
      await reopen()
    }
    const into = join(folder, 'restored-under-way')
    const restored = await runPeekr(peekr.dataPath, ['restore', target, '--into', into, '--json'])
    assert.equal(restored.code, 0, restored.stderr)
    assert.deepEqual(JSON.parse(restored.stdout).lostUploads, [arriving])
    assert.equal(await readFile(join(into, 'library', waiting, 'source/original'), 'utf8'), 'a film')
    const verified = await runPeekr(into, ['verify', '--json'])
    assert.deepEqual(JSON.parse(verified.stdout), { videoCount: 1, findings: [] }, verified.stderr)
  })

  test('a video that was getting a new file, or had got one, comes back with the original that it plays from', async () => {
    const target = join(folder, 'replaced')
    peekr.configure({ PEEKR_ORIGINALS: 'keep' })
    const library = await getLibrary()
    const earlier = { uploadId: createId(), sizeBytes: 5, isKept: true }
    const { _id: videoId, uploadId } = await seedProvedVideo(peekr.owner, { replaced: [earlier] })
    await writeFile(library.sourcePath(videoId), 'the present film')
    await writeFile(library.sourcePath(videoId, earlier.uploadId), 'older')
    const source = { filename: 'next.mp4', sizeBytes: 4, sha256: null }
    const replacing = { uploadId: createId(), isBegun: true, source }
    await writeFile(library.sourcePath(videoId, replacing.uploadId), 'next')
    await VideoModel.updateOne({ _id: videoId }, { $set: { state: 'transcoding', replacing } })
    await backUpTo(target)
    const into = join(folder, 'restored-replaced')
    const restored = await runPeekr(peekr.dataPath, ['restore', target, '--into', into, '--json'])
    assert.equal(restored.code, 0, restored.stderr)
    assert.deepEqual(await readdir(join(into, 'library', videoId, 'source')), ['original'])
    assert.equal(
      await readFile(join(into, 'library', videoId, 'source/original'), 'utf8'),
      'the present film',
    )
    const record = JSON.parse(await readFile(join(into, 'library', videoId, 'video.json'), 'utf8'))
    assert.deepEqual([record.uploadId, record.replaced], [uploadId, undefined])
    // Erased here and made anew from it.
    await library.deleteVideo(videoId)
    await VideoModel.deleteOne({ _id: videoId })
    assert.equal((await restoreVideo({ ...access(target), videoId })).how, 'made')
    const made = await VideoModel.findById(videoId).lean()
    assert.deepEqual(
      made?.replaced?.map(({ isKept }) => isKept),
      [false],
    )
    await settleSources(videoId)
    assert.equal(await readFile(library.sourcePath(videoId), 'utf8'), 'the present film')
    peekr.configure({})
  })

  test('one video comes back out of it: as a step that can be undone, or anew when it was erased', async () => {
    const target = join(folder, 'single')
    const { _id: videoId, revision } = await seedProvedVideo(peekr.owner, { title: 'Before' })
    await backUpTo(target)
    await updateVideo({ viewer: peekr.owner, videoId, changes: { title: 'After' } })
    await publishAgain(videoId)
    const undone = await restoreVideo({ ...access(target), videoId })
    assert.equal(undone.how, 'undone')
    const record = await VideoModel.findById(videoId).lean()
    assert.deepEqual([record?.title, record?.revision?.id], ['Before', revision?.id])
    assert.ok(undone.undo)
    await (await getLibrary()).deleteVideo(videoId)
    await VideoModel.deleteOne({ _id: videoId })
    assert.deepEqual(await restoreVideo({ ...access(target), videoId }), {
      videoId,
      name: undone.name,
      how: 'made',
      undo: null,
    })
    assert.equal((await VideoModel.findById(videoId).lean())?.title, 'Before')
  })

  test('one video comes back with the original it was made of, though a new file took its place and it was erased', async () => {
    const target = join(folder, 'original')
    peekr.configure({ PEEKR_ORIGINALS: 'keep' })
    const library = await getLibrary()
    const { _id: videoId, uploadId } = await seedProvedVideo(peekr.owner)
    await writeFile(library.sourcePath(videoId), 'the first film')
    await backUpTo(target)
    const next = { uploadId: createId(), source: { filename: 'next.mp4', sizeBytes: 4, sha256: null } }
    await VideoModel.updateOne({ _id: videoId }, { $set: { ...next, replaced: [] } })
    await publishAgain(videoId)
    await writeFile(library.sourcePath(videoId), 'the second film')
    const { undo } = await restoreVideo({ ...access(target), videoId })
    assert.equal((await VideoModel.findById(videoId).lean())?.uploadId, uploadId)
    assert.equal(await readFile(library.sourcePath(videoId), 'utf8'), 'the first film')
    await restoreState(videoId, undo ?? '', 'all')
    assert.equal(await readFile(library.sourcePath(videoId), 'utf8'), 'the second film')
    peekr.configure({})
  })

  test('a damaged file, a missing copy and a changed manifest are found by --verify and by the drill, by name', async () => {
    const target = join(folder, 'damage')
    await backUpTo(target)
    const good = await drillBackup({ ...access(target), scratchPath: folder })
    assert.deepEqual(good.problems, [])
    assert.ok(good.fileCount > 0)
    const video = (await readdir(join(target, 'videos')))[0] ?? ''
    await damage(await findFile(join(target, 'videos', video), /segment-00001/))
    for (const report of [
      await verifyBackup(access(target)),
      await drillBackup({ ...access(target), scratchPath: folder }),
    ]) {
      assert.equal(report.problems.length, 1)
      assert.equal(report.problems[0]?.videoId, video)
      assert.match(report.problems[0]?.sentence ?? '', /1 files of revision .* 360p\/segment-00001\.m4s\.$/)
    }
    const byHand = await runPeekr(peekr.dataPath, ['backup', target, '--verify', '--json'])
    assert.equal(byHand.code, 1)
    assert.equal(JSON.parse(byHand.stdout).problems.length, 1, byHand.stderr)
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.startsWith('.peekr-drill')),
      [],
    )
  })

  test('the key can be sealed, and then opens with its passphrase only', async () => {
    const target = join(folder, 'sealed')
    await backUpTo(target, { passphrase: 'correct horse' })
    assert.deepEqual(await readdir(join(target, 'secrets')), ['manifest.sealed'])
    await assert.rejects(verifyBackup(access(target)), /sealed\. Give its passphrase/)
    await assert.rejects(
      verifyBackup({ ...access(target), passphrase: 'wrong horse' }),
      /does not open the key/,
    )
    assert.deepEqual((await verifyBackup({ ...access(target), passphrase: 'correct horse' })).problems, [])
    await assert.rejects(backUpTo(target), /sealed\. Give its passphrase/)
  })

  test('what is not a target is refused with a sentence: other files, another library, a newer Peekr', async () => {
    const strange = join(folder, 'strange')
    await mkdir(strange)
    await writeFile(join(strange, 'thesis.odt'), 'mine')
    await assert.rejects(backUpTo(strange), /not empty, and not a Peekr backup/)
    const target = join(folder, 'newer')
    await backUpTo(target)
    const mark = join(target, 'peekr-backup.json')
    const { library, id } = JSON.parse(await readFile(mark, 'utf8'))
    await writeFile(mark, JSON.stringify({ version: 2, format: 'peekr-backup', id, kind: 'files', library }))
    await assert.rejects(backUpTo(target), /made by a newer Peekr \(version 2/)
    const other = { version: 1, format: 'peekr-backup', id, kind: 'files', library: '0'.repeat(64) }
    await writeFile(mark, JSON.stringify(other))
    await assert.rejects(backUpTo(target), /backups of another library/)
    await assert.rejects(verifyBackup(access(join(folder, 'nothing'))), /There is no Peekr backup/)
    await assert.rejects(backUpTo('ssh://me@127.0.0.1/twin', { plain: true }), /Through ssh only streams/)
    await assert.rejects(backUpTo('ssh://-oProxyCommand=x/twin'), /Write the other machine as ssh/)
  })

  test('the keep-rules let old backups go with all that only they need, and never the newest', async () => {
    const target = join(folder, 'rules')
    const { _id: videoId, revision } = await seedProvedVideo(peekr.owner)
    await backUpTo(target)
    await publishAgain(videoId)
    await (await getLibrary()).removeRevision(videoId, revision?.id ?? '')
    await backUpTo(target)
    // Older than the last hour, of which everything is kept.
    const [oldest = ''] = (await readdir(join(target, 'runs'))).sort()
    const run = await readFile(join(target, 'runs', oldest), 'utf8')
    const name = '2020-01-01T00-00-00.000Z'
    await writeFile(join(target, 'runs', `${name}.json`), run.replaceAll(oldest.replace('.json', ''), name))
    await rm(join(target, 'runs', oldest))
    const { database } = JSON.parse(run)
    await rename(join(target, database.file), join(target, `database/${name}.sqlite`))
    const before = (await readdir(join(target, 'videos', videoId))).length
    const result = await backUpTo(target, { rules: { hourly: 1, daily: 1, weekly: 0, monthly: 0 } })
    assert.deepEqual(result.removed, [name])
    assert.ok((await readdir(join(target, 'videos', videoId))).length < before)
    assert.equal((await readdir(join(target, 'database'))).length, 2)
    assert.deepEqual((await verifyBackup(access(target))).problems, [])
  })
})
