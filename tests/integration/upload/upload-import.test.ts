import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { appendFile, mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { updateUser } from '#lib/admin/users-update'
import { getImportOwner } from '#lib/auth/get-import-owner'
import { getConfig } from '#lib/config'
import { databaseUri } from '#lib/db/connect'
import { ImportedFileModel } from '#lib/db/models/imported-file'
import { UploadModel } from '#lib/db/models/upload'
import { UserModel } from '#lib/db/models/user'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { createUpload } from '#lib/upload/create-upload'
import { sweepImportFolder } from '#lib/upload/sweep-import-folder'
import { sweepUploads } from '#lib/upload/sweep-uploads'
import { uploadFilePath } from '#lib/upload/upload-files'
import { getUploadLeases } from '#lib/upload/upload-leases'
import { makeUploader, openUploadTest, type UploadTest } from '../../support/upload-test.ts'

const MAIN = new URL('../../../bin/main.ts', import.meta.url).pathname

let world: UploadTest
let folder: string
let owner: { userId: string; authorization: string }
before(async () => {
  world = await openUploadTest()
  owner = await makeUploader('admin')
  folder = await mkdtemp(join(tmpdir(), 'peekr-import-'))
  await mkdir(join(folder, 'trip/day 1'), { recursive: true })
  await writeFile(join(folder, 'trip/a.mp4'), 'first')
  await writeFile(join(folder, 'trip/day 1/b.MOV'), 'second')
  await writeFile(join(folder, 'trip/notes.txt'), 'no video')
  await writeFile(join(folder, 'trip/.hidden.mp4'), 'hidden')
})
after(async () => {
  await world?.close()
  await rm(folder, { recursive: true, force: true })
})

async function runPeekr(...args: string[]): Promise<{ code: number; lines: string[]; errors: string }> {
  const env = {
    ...process.env,
    PEEKR_DATA: world.dataPath,
    MONGODB_URI: getConfig().mongodbUri ?? (await databaseUri()),
    PEEKR_RESERVE: '0',
    PEEKR_LOG_LEVEL: 'silent',
  }
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env, timeout: 60_000 }, (error, stdout, errors) => {
      resolve({ code: Number(error?.code ?? 0), lines: stdout.trim().split('\n'), errors })
    })
  })
}

test('peekr import takes in the videos of a folder, leaves them as they are, and takes none twice', async () => {
  const { code, lines, errors } = await runPeekr('import', join(folder, 'trip'), '--json')
  assert.equal(code, 0, errors)
  const outcomes = lines.map((line) => JSON.parse(line))
  assert.deepEqual(
    outcomes.map(({ path, status }) => [path, status]),
    [
      [join(folder, 'trip/a.mp4'), 'imported'],
      [join(folder, 'trip/day 1/b.MOV'), 'imported'],
    ],
  )
  for (const { videoId, path } of outcomes) {
    const video = await VideoModel.findById(videoId).lean()
    assert.deepEqual(
      [video?.ownerId, video?.state, video?.visibility],
      [owner.userId, 'ingesting', 'private'],
    )
    assert.deepEqual(await readFile(uploadFilePath(video?.uploadId ?? '')), await readFile(path))
  }
  const again = await runPeekr('import', join(folder, 'trip'))
  assert.match(again.lines.at(-1) ?? '', /^0 videos imported, 2 there already, 0 failed\./)
  assert.equal(await VideoModel.countDocuments({ ownerId: owner.userId }), 2)
})

test('peekr import admits what an upload would be: limits, with one file’s trouble told and the others taken', async () => {
  await writeFile(join(folder, 'big.mp4'), 'x'.repeat(5000))
  await writeFile(join(folder, 'small.mp4'), 'y')
  const uploader = await makeUploader()
  await updateUser(uploader.userId, { uploadLimits: { sizeBytesMax: 1000 } })
  const email = (await UserModel.findById(uploader.userId).lean())?.email ?? ''
  const files = [join(folder, 'big.mp4'), join(folder, 'small.mp4')]
  const { code, lines } = await runPeekr('import', ...files, '--owner', email, '--json')
  const [big, small] = lines.map((line) => JSON.parse(line))
  assert.deepEqual([code, big.status, big.code, small.status], [1, 'failed', 'too_large', 'imported'])
  assert.match(big.message, /your account may send up to 1 KB/)
  assert.equal((await runPeekr('import', join(folder, 'absent.mp4'))).code, 1)
})

test('the import folder is taken in once its files stand still, each once, and again when changed', async () => {
  const inbox = join(folder, 'inbox')
  await mkdir(inbox)
  world.configure({ PEEKR_IMPORT: inbox })
  const path = join(inbox, 'film.mkv')
  await writeFile(path, 'begun')
  const start = Date.now()
  const at = (seconds: number) => sweepImportFolder({ nowMs: start + seconds * 1000 })
  assert.equal(await at(0), 0)
  await appendFile(path, ', and still being copied')
  assert.equal(await at(20), 0)
  assert.equal(await at(30), 0)
  const both = await Promise.all([at(40), at(40)])
  assert.equal(both[0] + both[1], 1)
  assert.equal(await at(60), 0)
  const record = await ImportedFileModel.findOne({ path }).lean()
  assert.equal(record?.state, 'imported')
  const video = await VideoModel.findById(record.videoId).lean()
  assert.equal(String(await readFile(uploadFilePath(video?.uploadId ?? ''))), 'begun, and still being copied')
  assert.equal((await stat(path)).size, 29)
  await writeFile(path, 'another film')
  await at(80)
  assert.equal(await at(100), 1)
})

test('a file for which there is no room waits; one its process died over is taken up again', async () => {
  const inbox = join(folder, 'inbox')
  const path = join(inbox, 'late.mp4')
  await writeFile(path, 'late')
  world.configure({ PEEKR_IMPORT: inbox, PEEKR_RESERVE: '900T' })
  const start = Date.now()
  const at = (seconds: number) => sweepImportFolder({ nowMs: start + seconds * 1000 })
  await at(0)
  assert.equal(await at(20), 0)
  const waiting = await ImportedFileModel.findOne({ path }).lean()
  assert.equal(waiting?.state, 'seen')
  assert.match(waiting.message ?? '', /room for/)
  const dead = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  const holder = `${dead} ${await readlink('/proc/self/ns/pid')} 4194304 1 x`
  await ImportedFileModel.updateOne({ path }, { $set: { state: 'importing', holder } })
  world.configure({ PEEKR_IMPORT: inbox })
  assert.equal(await at(40), 1)
})

test('an import that the power was taken from leaves nothing, and its file is taken in once, whatever it got to', async () => {
  const inbox = join(folder, 'cut-off')
  const path = join(inbox, 'film.mp4')
  await mkdir(inbox)
  await writeFile(path, 'a whole film')
  world.configure({ PEEKR_IMPORT: inbox })
  const start = Date.now()
  const at = (seconds: number) => sweepImportFolder({ nowMs: start + seconds * 1000 })
  await at(0)
  // As it was when the machine stopped: an upload that nobody holds, and the name of a process of an earlier boot.
  const [uploadId, videoId] = [createId(), createId()]
  const metadata = { filename: 'film.mp4', title: 'film', visibility: 'private' as const }
  const planned = {
    uploadId,
    videoId,
    owner: await getImportOwner(null),
    sizeBytes: 12,
    metadata,
    metadataHeader: '',
  }
  await createUpload({ ...planned, isImport: true })
  await getUploadLeases().forget(uploadId)
  const createdAt = new Date(start - 60_000)
  await UploadModel.collection.updateOne({ _id: uploadId as never }, { $set: { lease: null, createdAt } })
  const holder = 'an-earlier-boot pid:[1] 1 1 x'
  await ImportedFileModel.updateOne({ path }, { $set: { state: 'importing', holder, uploadId } })
  assert.equal(await at(20), 0, 'it might be under way')
  await sweepUploads()
  assert.equal(await VideoModel.countDocuments({ _id: videoId }), 0)
  assert.equal(await UploadModel.countDocuments({ _id: uploadId }), 0)
  assert.equal(await at(40), 1)
  const done = await ImportedFileModel.findOne({ path }).lean()
  // Or it stopped between the arrival and the note of it.
  await ImportedFileModel.updateOne({ path }, { $set: { state: 'importing', holder, videoId: null } })
  assert.equal(await at(60), 0)
  const again = await ImportedFileModel.findOne({ path }).lean()
  assert.deepEqual([again?.state, again?.videoId], ['imported', done?.videoId])
})
