import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { Upload } from 'tus-js-client'
import { UploadModel } from '#lib/db/models/upload'
import { VideoModel } from '#lib/db/models/video'
import { JOINING } from '#lib/upload/join-parts'
import { sweepUploads } from '#lib/upload/sweep-uploads'
import { uploadFilePath } from '#lib/upload/upload-files'
import { type BtrfsLoop, whyNoBtrfsLoop, withBtrfsLoop } from '../../support/btrfs-loop.ts'
import {
  callTus,
  DOORS,
  encodeMetadata,
  makeUploader,
  openUploadTest,
  patchTus,
  readUpload,
  type TusAnswer,
  type UploadTest,
} from '../../support/upload-test.ts'

const run = promisify(execFile)
const MIB = 1024 ** 2

let world: UploadTest
before(async () => {
  world = await openUploadTest()
})
after(() => world?.close())

async function makePart(origin: string, authorization: string, bytes: Buffer): Promise<string> {
  const answer = await callTus(`${origin}/api/uploads`, 'POST', {
    headers: {
      authorization,
      'upload-length': String(bytes.length),
      'upload-concat': 'partial',
      'content-type': 'application/offset+octet-stream',
    },
    body: bytes,
  })
  assert.equal(answer.status, 201, answer.message ?? '')
  assert.equal(answer.headers.get('peekr-video-id'), null)
  return answer.headers.get('location') ?? ''
}

function joinUp(origin: string, authorization: string, parts: string[], filename = 'clip.mp4') {
  return callTus(`${origin}/api/uploads`, 'POST', {
    headers: {
      authorization,
      'upload-concat': `final;${parts.join(' ')}`,
      'upload-metadata': encodeMetadata({ filename }),
    },
  })
}

const idOf = (answer: TusAnswer) => answer.headers.get('location')?.split('/').at(-1) ?? ''

for (const door of DOORS) {
  describe(`parts at the ${door}`, () => {
    test('tus-js-client sends a file in four parallel parts, and it arrives as it was', async () => {
      const { authorization, userId } = await makeUploader()
      const bytes = randomBytes(3 * MIB + 77)
      await new Promise<void>((resolve, reject) => {
        const upload = new Upload(bytes as never, {
          endpoint: `${world.origins[door]}/api/uploads`,
          headers: { authorization },
          parallelUploads: 4,
          chunkSize: 300_000,
          metadata: { filename: 'parallel.mp4' },
          onSuccess: () => resolve(),
          onError: reject,
        })
        upload.start()
      })
      const video = await VideoModel.findOne({ ownerId: userId }).lean()
      assert.equal(video?.state, 'ingesting')
      assert.deepEqual(video.source, { filename: 'parallel.mp4', sizeBytes: bytes.length, sha256: null })
      assert.deepEqual(await readUpload(video.uploadId), bytes)
      assert.equal(await VideoModel.countDocuments({ ownerId: userId }), 1)
    })

    test('asked again with the same parts it is the same upload; its parts go, and say they are complete', async () => {
      const { authorization, userId } = await makeUploader()
      const origin = world.origins[door]
      const parts = [
        await makePart(origin, authorization, Buffer.from('ab')),
        await makePart(origin, authorization, Buffer.from('cde')),
      ]
      const answers = await Promise.all([1, 2, 3].map(() => joinUp(origin, authorization, parts)))
      const [first, ...others] = answers.map((answer) => [answer.status, answer.headers.get('location')])
      assert.equal(first?.[0], 201)
      for (const other of others) assert.deepEqual(other, first)
      assert.equal(await VideoModel.countDocuments({ ownerId: userId }), 1)
      assert.equal((await readUpload(idOf(answers[0] as TusAnswer))).toString(), 'abcde')
      for (const part of parts) {
        await assert.rejects(readUpload(part.split('/').at(-1) ?? ''), { code: 'ENOENT' })
        const head = await callTus(origin + part, 'HEAD', { headers: { authorization } })
        assert.equal(head.headers.get('upload-offset'), head.headers.get('upload-length'))
      }
    })

    test('parts that are not complete, not there, or not one’s own are refused, and stay as they were', async () => {
      const { authorization, userId } = await makeUploader()
      const origin = world.origins[door]
      const whole = await makePart(origin, authorization, Buffer.from('abc'))
      const created = await callTus(`${origin}/api/uploads`, 'POST', {
        headers: { authorization, 'upload-length': '5', 'upload-concat': 'partial' },
      })
      const half = created.headers.get('location') ?? ''
      const foreign = await makePart(origin, (await makeUploader()).authorization, Buffer.from('x'))
      assert.equal((await joinUp(origin, authorization, [whole, half])).status, 409)
      assert.equal((await joinUp(origin, authorization, [whole, foreign])).status, 400)
      assert.equal(
        (await joinUp(origin, authorization, [whole, '/api/uploads/2222222222222222'])).status,
        400,
      )
      assert.equal((await joinUp(origin, authorization, [whole, whole])).status, 400)
      assert.equal(await VideoModel.countDocuments({ ownerId: userId }), 0)
      assert.equal((await patchTus(origin + half, authorization, 0, Buffer.from('defgh'))).status, 204)
      const joined = await joinUp(origin, authorization, [half, whole])
      assert.equal((await readUpload(idOf(joined))).toString(), 'defghabc')
    })
  })
}

describe('what parts count for', () => {
  test('parts count for the quota until they are one, then that counts, never both', async () => {
    world.configure({ PEEKR_QUOTA: '10B' })
    const { authorization } = await makeUploader()
    const origin = world.origins['front door']
    const parts: string[] = []
    for (const text of ['aaaa', 'bbbb']) parts.push(await makePart(origin, authorization, Buffer.from(text)))
    const create = (sizeBytes: number) =>
      callTus(`${origin}/api/uploads`, 'POST', {
        headers: { authorization, 'upload-length': String(sizeBytes) },
      })
    assert.equal((await create(3)).code, 'quota_exceeded')
    assert.equal((await joinUp(origin, authorization, parts)).status, 201)
    assert.equal((await create(3)).code, 'quota_exceeded')
    assert.equal((await create(2)).status, 201)
    world.configure({})
  })

  test('a join cut off anywhere is completed by the sweep', async () => {
    const { authorization, userId } = await makeUploader()
    const origin = world.origins['front door']
    const texts = ['first', 'second one', 'third']
    for (const cut of [0, 1, 2]) {
      const parts: string[] = []
      for (const text of texts) parts.push(await makePart(origin, authorization, Buffer.from(text)))
      const ids = parts.map((part) => part.split('/').at(-1) ?? '')
      const finalId = idOf(await joinUp(origin, authorization, parts, `cut-${cut}.mp4`))
      // As a process leaves it that died with `cut` parts appended and a piece of the next.
      await UploadModel.updateOne({ _id: finalId }, { $set: { state: 'open' } })
      await VideoModel.updateOne({ uploadId: finalId }, { $set: { state: 'uploading' } })
      await rm(uploadFilePath(finalId))
      const appended = texts.slice(0, cut + 1).join('')
      await writeFile(uploadFilePath(finalId) + JOINING, `${appended}xx`)
      for (const [index, id] of ids.entries()) {
        if (index > cut) await writeFile(uploadFilePath(id), texts[index] ?? '')
      }
      await UploadModel.collection.updateOne(
        { _id: finalId as never },
        { $set: { createdAt: new Date(Date.now() - 3_600_000) } },
      )
      await sweepUploads()
      assert.equal((await readUpload(finalId)).toString(), texts.join(''))
    }
    assert.equal(await VideoModel.countDocuments({ ownerId: userId, state: 'ingesting' }), 3)
  })

  test('a final upload whose process died before it had a video gives its parts back', async () => {
    const { authorization } = await makeUploader()
    const origin = world.origins['front door']
    const parts = [await makePart(origin, authorization, Buffer.from('ab'))]
    const [partId = ''] = parts.map((part) => part.split('/').at(-1) ?? '')
    const finalId = idOf(await joinUp(origin, authorization, parts))
    await rename(uploadFilePath(finalId), uploadFilePath(partId))
    await VideoModel.deleteOne({ uploadId: finalId })
    await UploadModel.collection.updateOne(
      { _id: finalId as never },
      { $set: { state: 'open', createdAt: new Date(Date.now() - 3_600_000) } },
    )
    await sweepUploads()
    assert.equal(await UploadModel.findById(finalId).lean(), null)
    assert.equal((await UploadModel.findById(partId).lean())?.state, 'open')
    const again = await joinUp(origin, authorization, parts)
    assert.equal(again.status, 201)
    assert.equal((await readUpload(idOf(again))).toString(), 'ab')
  })
})

describe('parts on Btrfs', { skip: whyNoBtrfsLoop() }, () => {
  let loop: BtrfsLoop
  let here: UploadTest
  before(async () => {
    await world.close()
    loop = await withBtrfsLoop({ sizeMib: 400 })
    here = await openUploadTest({ dataPath: loop.path })
  })
  after(async () => {
    await here?.close()
    await loop?.close()
    world = await openUploadTest()
  })

  test('parts that meet on block boundaries are put together without copying a byte', async () => {
    const { authorization } = await makeUploader()
    const origin = here.origins['front door']
    const pieces = [randomBytes(8 * MIB), randomBytes(8 * MIB), randomBytes(5 * MIB + 3)]
    const parts: string[] = []
    for (const piece of pieces) parts.push(await makePart(origin, authorization, piece))
    const joined = await joinUp(origin, authorization, parts)
    assert.equal(joined.status, 201, joined.message ?? '')
    assert.deepEqual(await readUpload(idOf(joined)), Buffer.concat(pieces))
    assert.deepEqual(await readdir(join(loop.path, 'uploads')), [idOf(joined)])
  })

  test('a reflink shares the extents of both', async () => {
    const folder = await mkdtemp(join(loop.path, 'share-'))
    const { authorization } = await makeUploader()
    const origin = here.origins['front door']
    const parts: string[] = []
    for (let count = 0; count < 2; count += 1) {
      parts.push(await makePart(origin, authorization, randomBytes(4 * MIB)))
    }
    // A second name keeps the parts' extents alive, so that sharing shows.
    for (const [index, part] of parts.entries()) {
      await run('ln', [uploadFilePath(part.split('/').at(-1) ?? ''), join(folder, String(index))])
    }
    const joined = await joinUp(origin, authorization, parts)
    const { stdout } = await run('btrfs', ['filesystem', 'du', '--raw', uploadFilePath(idOf(joined))])
    const [total, exclusive] = stdout.trim().split('\n').at(-1)?.trim().split(/\s+/) ?? []
    assert.deepEqual([Number(total), Number(exclusive)], [8 * MIB, 0])
  })
})
