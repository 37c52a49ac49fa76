import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { UploadModel } from '#lib/db/models/upload'
import { VideoModel } from '#lib/db/models/video'
import {
  callTus,
  createTusUpload,
  DOORS,
  encodeMetadata,
  headOffset,
  makeUploader,
  patchTus,
  readUpload,
} from '../../support/upload-test.ts'
import { openUploadWorld } from '../../support/upload-world.ts'

const world = openUploadWorld()

for (const door of DOORS) {
  describe(`tus at the ${door}`, () => {
    test('a creation makes upload and video together and says where both are', async () => {
      const { authorization, userId } = world
      const metadata = encodeMetadata({ filename: 'My clip.mp4', visibility: 'unlisted' })
      const answer = await callTus(`${world.origins[door]}/api/uploads`, 'POST', {
        headers: { authorization, 'upload-length': '5', 'upload-metadata': metadata },
      })
      assert.equal(answer.status, 201)
      const location = answer.headers.get('location') ?? ''
      assert.match(location, /^\/api\/uploads\/[2-9a-z]{16}$/)
      assert.ok(Date.parse(answer.headers.get('upload-expires') ?? '') > Date.now() + 6 * 86_400_000)
      const video = await VideoModel.findById(answer.headers.get('peekr-video-id')).lean()
      assert.equal(video?.state, 'uploading')
      assert.equal(video.title, 'My clip')
      assert.equal(video.visibility, 'unlisted')
      assert.equal(video.ownerId, userId)
      assert.deepEqual(video.source, { filename: 'My clip.mp4', sizeBytes: 5, sha256: null })
      assert.equal((await UploadModel.findById(location.split('/').at(-1)).lean())?.videoId, video._id)
    })

    test('bytes sent in pieces are the file, and its end moves the video on', async () => {
      const { authorization } = world
      const bytes = randomBytes(3_000_001)
      const { url, uploadId, videoId } = await createTusUpload(
        world.origins[door],
        authorization,
        bytes.length,
      )
      let offset = 0
      for (const end of [0, 1, 1_500_000, bytes.length]) {
        const answer = await patchTus(url, authorization, offset, bytes.subarray(offset, end))
        assert.equal(answer.status, 204)
        assert.equal(answer.headers.get('upload-offset'), String(end))
        assert.equal(answer.headers.has('upload-expires'), end < bytes.length)
        assert.equal(await headOffset(url, authorization), end)
        offset = end
      }
      assert.deepEqual(await readUpload(uploadId), bytes)
      assert.equal((await VideoModel.findById(videoId).lean())?.state, 'ingesting')
      assert.equal((await UploadModel.findById(uploadId).lean())?.state, 'finished')
    })

    test('HEAD repeats the metadata, the length and the video, and is not cached', async () => {
      const { authorization } = world
      const metadata = { filename: 'a b.mp4', other: 'x' }
      const { url, videoId } = await createTusUpload(world.origins[door], authorization, 9, metadata)
      const answer = await callTus(url, 'HEAD', { headers: { authorization } })
      assert.equal(answer.headers.get('upload-metadata'), encodeMetadata(metadata))
      assert.equal(answer.headers.get('upload-length'), '9')
      assert.equal(answer.headers.get('upload-offset'), '0')
      assert.equal(answer.headers.get('cache-control'), 'no-store')
      assert.equal(answer.headers.get('peekr-video-id'), videoId)
    })

    test('creation-with-upload takes the first bytes, or all, with the creation', async () => {
      const { authorization } = world
      const headers = {
        authorization,
        'upload-length': '6',
        'content-type': 'application/offset+octet-stream',
      }
      const endpoint = `${world.origins[door]}/api/uploads`
      const part = await callTus(endpoint, 'POST', { headers, body: Buffer.from('abc') })
      assert.equal(part.status, 201)
      assert.equal(part.headers.get('upload-offset'), '3')
      const whole = await callTus(endpoint, 'POST', { headers, body: Buffer.from('abcdef') })
      assert.equal(whole.status, 201)
      const video = await VideoModel.findById(whole.headers.get('peekr-video-id')).lean()
      assert.equal(video?.state, 'ingesting')
    })

    test('a creation whose bytes exceed its length leaves nothing behind', async () => {
      const { authorization, userId } = await makeUploader()
      const filesBefore = await readdir(join(world.dataPath, 'uploads'))
      const answer = await callTus(`${world.origins[door]}/api/uploads`, 'POST', {
        headers: { authorization, 'upload-length': '2', 'content-type': 'application/offset+octet-stream' },
        body: Buffer.from('abc'),
      })
      assert.equal(answer.status, 413)
      assert.equal(await UploadModel.countDocuments({ ownerId: userId }), 0)
      assert.equal(await VideoModel.countDocuments({ ownerId: userId }), 0)
      assert.deepEqual(await readdir(join(world.dataPath, 'uploads')), filesBefore)
    })

    test('an empty file is taken and goes on to ingest, which will say that it is empty', async () => {
      const { authorization } = world
      const { url, videoId } = await createTusUpload(world.origins[door], authorization, 0)
      assert.equal((await VideoModel.findById(videoId).lean())?.state, 'ingesting')
      assert.equal(await headOffset(url, authorization), 0)
    })

    test('OPTIONS says what the server can do, and no more', async () => {
      const answer = await callTus(`${world.origins[door]}/api/uploads`, 'OPTIONS', {
        headers: { 'tus-resumable': null },
      })
      assert.equal(answer.status, 204)
      assert.equal(answer.headers.get('tus-version'), '1.0.0')
      assert.equal(answer.headers.get('tus-max-size'), String(100 * 1024 ** 3))
      assert.equal(
        answer.headers.get('tus-extension'),
        'creation,creation-with-upload,termination,expiration,checksum,concatenation',
      )
      assert.equal(answer.headers.get('access-control-allow-origin'), null)
    })

    test('DELETE removes bytes and records of an unfinished upload, and is refused for a finished one', async () => {
      const { authorization } = world
      const { url, uploadId, videoId } = await createTusUpload(world.origins[door], authorization, 4)
      await patchTus(url, authorization, 0, Buffer.from('ab'))
      assert.equal((await callTus(url, 'DELETE', { headers: { authorization } })).status, 204)
      assert.equal((await callTus(url, 'HEAD', { headers: { authorization } })).status, 404)
      assert.equal(await UploadModel.findById(uploadId).lean(), null)
      assert.equal(await VideoModel.findById(videoId).lean(), null)
      await assert.rejects(readUpload(uploadId), { code: 'ENOENT' })

      const done = await createTusUpload(world.origins[door], authorization, 2)
      await patchTus(done.url, authorization, 0, Buffer.from('ab'))
      assert.equal((await callTus(done.url, 'DELETE', { headers: { authorization } })).code, 'conflict')
      assert.equal((await readUpload(done.uploadId)).toString(), 'ab')
    })

    const wrong: [string, string, number, { headers: Record<string, string | null>; body?: Buffer }][] = [
      ['no version', 'HEAD', 412, { headers: { 'tus-resumable': null } }],
      ['another version', 'HEAD', 412, { headers: { 'tus-resumable': '0.2.2' } }],
      ['another offset', 'PATCH', 409, { headers: { 'upload-offset': '3' }, body: Buffer.from('x') }],
      ['no offset', 'PATCH', 400, { headers: {}, body: Buffer.from('x') }],
      ['a hexadecimal offset', 'PATCH', 400, { headers: { 'upload-offset': '0x0' }, body: Buffer.from('x') }],
      ['a negative offset', 'PATCH', 400, { headers: { 'upload-offset': '-1' }, body: Buffer.from('x') }],
      [
        'another content type',
        'PATCH',
        415,
        { headers: { 'upload-offset': '0', 'content-type': 'video/mp4' }, body: Buffer.from('x') },
      ],
      [
        'a length declared twice',
        'PATCH',
        400,
        { headers: { 'upload-offset': '0', 'upload-length': '9' }, body: Buffer.from('x') },
      ],
      [
        'more bytes than declared',
        'PATCH',
        413,
        { headers: { 'upload-offset': '0' }, body: Buffer.alloc(9) },
      ],
      ['another verb', 'PUT', 405, { headers: {}, body: Buffer.from('x') }],
      ['GET', 'GET', 405, { headers: {} }],
      ['a creation at an upload', 'POST', 405, { headers: { 'upload-length': '1' } }],
    ]
    for (const [what, method, status, options] of wrong) {
      test(`${method} with ${what} answers ${status} and changes nothing`, async () => {
        const { authorization } = world
        const { url, uploadId } = await createTusUpload(world.origins[door], authorization, 8)
        const answer = await callTus(url, method, {
          ...options,
          headers: { authorization, ...options.headers },
        })
        assert.equal(answer.status, status)
        if (method !== 'HEAD') assert.match(answer.message ?? '', /^[A-Z].*\.$/s)
        if (status === 412) assert.equal(answer.headers.get('tus-version'), '1.0.0')
        assert.equal((await readUpload(uploadId)).length, 0)
        assert.equal(await headOffset(url, authorization), 0)
      })
    }

    test('a body of unknown length that exceeds the upload answers 413 and leaves it as it was', async () => {
      const { authorization } = world
      const { url, uploadId } = await createTusUpload(world.origins[door], authorization, 3_000_000)
      await patchTus(url, authorization, 0, Buffer.alloc(10, 1))
      const body = new ReadableStream({
        pull(controller) {
          controller.enqueue(new Uint8Array(1_000_000))
        },
      })
      const answer = await callTus(url, 'PATCH', { headers: { authorization, 'upload-offset': '10' }, body })
      assert.equal(answer.status, 413)
      assert.deepEqual(await readUpload(uploadId), Buffer.alloc(10, 1))
    })

    const refused: [string, number, Record<string, string | null>][] = [
      ['no length', 400, {}],
      ['a length to be told later', 400, { 'upload-defer-length': '1' }],
      ['a length that is no number', 400, { 'upload-length': '1e3' }],
      ['a length beyond the limit', 413, { 'upload-length': '9000000000000000' }],
      ['a length beyond counting', 400, { 'upload-length': '99999999999999999999' }],
      ['an unknown kind of concatenation', 400, { 'upload-length': '1', 'upload-concat': 'some' }],
      ['metadata that is not Base64', 400, { 'upload-length': '1', 'upload-metadata': 'title !!!!' }],
      [
        'an unknown visibility',
        400,
        { 'upload-length': '1', 'upload-metadata': encodeMetadata({ visibility: 'all' }) },
      ],
    ]
    for (const [what, status, headers] of refused) {
      test(`a creation with ${what} answers ${status} and makes nothing`, async () => {
        const { authorization, userId } = await makeUploader()
        const answer = await callTus(`${world.origins[door]}/api/uploads`, 'POST', {
          headers: { authorization, ...headers },
        })
        assert.equal(answer.status, status)
        assert.match(answer.message ?? '', /^[A-Z].*\.$/)
        assert.equal(await VideoModel.countDocuments({ ownerId: userId }), 0)
      })
    }

    test('POST with X-HTTP-Method-Override is the verb it names', async () => {
      const { authorization } = world
      const { url, uploadId } = await createTusUpload(world.origins[door], authorization, 3)
      const answer = await callTus(url, 'POST', {
        headers: {
          authorization,
          'upload-offset': '0',
          'x-http-method-override': 'PATCH',
          'content-type': 'application/offset+octet-stream',
        },
        body: Buffer.from('abc'),
      })
      assert.equal(answer.status, 204)
      assert.equal((await readUpload(uploadId)).toString(), 'abc')
      assert.equal(
        (await callTus(url, 'GET', { headers: { authorization, 'x-http-method-override': 'HEAD' } })).status,
        405,
      )
    })
  })
}
