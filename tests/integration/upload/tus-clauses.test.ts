import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { UploadModel } from '#lib/db/models/upload'
import { sweepUploads } from '#lib/upload/sweep-uploads'
import { uploadFilePath } from '#lib/upload/upload-files'
import { getUploadLeases } from '#lib/upload/upload-leases'
import {
  callTus,
  createTusUpload,
  DOORS,
  encodeMetadata,
  headOffset,
  patchTus,
  readUpload,
  untilWritten,
} from '../../support/upload-test.ts'
import { openUploadWorld } from '../../support/upload-world.ts'

/** tus.io/protocols/resumable-upload, 1.0.0: each title begins with the section and what it demands, in our words. */
const world = openUploadWorld()

const OCTETS = 'application/offset+octet-stream'
const digest = (algorithm: string, text: string) =>
  `${algorithm} ${createHash(algorithm).update(text).digest('base64')}`

for (const door of DOORS) {
  describe(`tus 1.0.0 at the ${door}`, () => {
    const endpoint = () => `${world.origins[door]}/api/uploads`
    const make = (sizeBytes: number, metadata?: Record<string, string>) =>
      createTusUpload(world.origins[door], world.authorization, sizeBytes, metadata)
    const ask = (url: string, method: string, headers: Record<string, string | null> = {}, body?: Buffer) =>
      callTus(url, method, {
        headers: { authorization: world.authorization, ...headers },
        ...(body && { body }),
      })
    const post = (headers: Record<string, string | null>, body?: Buffer) =>
      ask(endpoint(), 'POST', headers, body)
    const locationOf = (answer: { headers: Headers }) => world.origins[door] + answer.headers.get('location')

    describe('Core Protocol', () => {
      test('HEAD: the answer has Upload-Offset, also when it is 0, and Upload-Length when that is known', async () => {
        const { url } = await make(7)
        const { status, headers } = await ask(url, 'HEAD')
        assert.ok([200, 204].includes(status))
        assert.deepEqual([headers.get('upload-offset'), headers.get('upload-length')], ['0', '7'])
      })
      test('HEAD: caches are kept from storing it, with Cache-Control: no-store', async () => {
        const { url } = await make(1)
        assert.match((await ask(url, 'HEAD')).headers.get('cache-control') ?? '', /no-store/)
      })
      test('HEAD: what is not there is 404, 410 or 403, without Upload-Offset', async () => {
        const { status, headers } = await ask(`${endpoint()}/2222222222222222`, 'HEAD')
        assert.ok([403, 404, 410].includes(status))
        assert.equal(headers.get('upload-offset'), null)
      })
      test('PATCH: a content type other than application/offset+octet-stream is 415', async () => {
        const { url } = await make(1)
        const answer = await ask(
          url,
          'PATCH',
          { 'upload-offset': '0', 'content-type': 'text/plain' },
          Buffer.from('x'),
        )
        assert.equal(answer.status, 415)
      })
      test('PATCH: it begins at the offset named, and applies bytes there alone', async () => {
        const { url, uploadId } = await make(4)
        await patchTus(url, world.authorization, 0, Buffer.from('ab'))
        await patchTus(url, world.authorization, 2, Buffer.from('cd'))
        assert.equal(String(await readUpload(uploadId)), 'abcd')
      })
      test('PATCH: an offset that does not match is 409, and the upload is not changed', async () => {
        const { url, uploadId } = await make(4)
        await patchTus(url, world.authorization, 0, Buffer.from('ab'))
        for (const offset of [0, 1, 3]) {
          assert.equal((await patchTus(url, world.authorization, offset, Buffer.from('x'))).status, 409)
        }
        assert.equal(String(await readUpload(uploadId)), 'ab')
      })
      test('PATCH: success is 204 with the new Upload-Offset', async () => {
        const { url } = await make(4)
        const { status, headers } = await patchTus(url, world.authorization, 0, Buffer.from('abc'))
        assert.deepEqual([status, headers.get('upload-offset')], [204, '3'])
      })
      test('PATCH: one against what is not there is 404', async () => {
        assert.equal(
          (await patchTus(`${endpoint()}/2222222222222222`, world.authorization, 0, Buffer.from('x'))).status,
          404,
        )
      })
      test('PATCH: what arrived before the connection broke is kept as far as possible', async () => {
        const { url, uploadId } = await make(2_000_000)
        const gone = new AbortController()
        const body = new ReadableStream({
          start(controller) {
            controller.enqueue(new Uint8Array(1_000_000))
          },
        })
        const headers = {
          authorization: world.authorization,
          'tus-resumable': '1.0.0',
          'upload-offset': '0',
          'content-type': OCTETS,
        }
        const init = { method: 'PATCH', headers, body, duplex: 'half', signal: gone.signal }
        const broken = assert.rejects(fetch(url, init as RequestInit))
        await untilWritten(uploadId, 1_000_000)
        gone.abort()
        await broken
        assert.equal(await headOffset(url, world.authorization), 1_000_000)
      })
      test('OPTIONS: the answer has Tus-Version, and may have Tus-Extension and Tus-Max-Size', async () => {
        const { status, headers } = await callTus(endpoint(), 'OPTIONS', {
          headers: { 'tus-resumable': null },
        })
        assert.ok([200, 204].includes(status))
        assert.equal(headers.get('tus-version'), '1.0.0')
        assert.ok(Number(headers.get('tus-max-size')) > 0)
        for (const name of [
          'creation',
          'creation-with-upload',
          'termination',
          'expiration',
          'checksum',
          'concatenation',
        ]) {
          assert.ok(headers.get('tus-extension')?.split(',').includes(name), name)
        }
      })
      test('Tus-Resumable: it is in every answer but may be left out of OPTIONS', async () => {
        const { url } = await make(1)
        const answers = [
          await ask(url, 'HEAD'),
          await patchTus(url, world.authorization, 5, Buffer.from('x')),
          await post({ 'upload-length': 'x' }),
          await ask(url, 'DELETE'),
        ]
        for (const { headers } of answers) assert.equal(headers.get('tus-resumable'), '1.0.0')
      })
      test('Tus-Version: a version that is not known is 412 with Tus-Version, and the request is not processed', async () => {
        const { url, uploadId } = await make(3)
        for (const version of ['0.2.2', '1.0', '2.0.0', null]) {
          const headers = { 'tus-resumable': version, 'upload-offset': '0' }
          const answer = await ask(url, 'PATCH', headers, Buffer.from('abc'))
          assert.deepEqual([answer.status, answer.headers.get('tus-version')], [412, '1.0.0'])
        }
        assert.equal((await readUpload(uploadId)).length, 0)
      })
      test('X-HTTP-Method-Override: its value is the method, whatever the method was', async () => {
        const { url } = await make(3)
        const override = (method: string) => ({ 'x-http-method-override': method })
        const patched = await ask(
          url,
          'POST',
          { ...override('PATCH'), 'upload-offset': '0', 'content-type': OCTETS },
          Buffer.from('ab'),
        )
        assert.deepEqual([patched.status, patched.headers.get('upload-offset')], [204, '2'])
        assert.equal((await ask(url, 'POST', override('HEAD'))).headers.get('upload-offset'), '2')
        assert.equal((await ask(url, 'POST', override('DELETE'))).status, 204)
      })
      test('Upload-Offset, Upload-Length: anything but a non-negative integer is refused', async () => {
        const { url } = await make(3)
        for (const value of ['-1', '1.5', 'ab', '0x1', '1e1', '']) {
          assert.equal((await post({ 'upload-length': value })).status, 400, value)
          assert.equal(
            (await ask(url, 'PATCH', { 'upload-offset': value }, Buffer.from('x'))).status,
            400,
            value,
          )
        }
      })
    })

    describe('Creation', () => {
      test('POST makes an upload and answers 201 with its Location', async () => {
        const answer = await post({ 'upload-length': '3' })
        assert.equal(answer.status, 201)
        assert.equal(await headOffset(locationOf(answer), world.authorization), 0)
      })
      test('an upload of length 0 is complete when it is made', async () => {
        const { headers } = await ask(locationOf(await post({ 'upload-length': '0' })), 'HEAD')
        assert.deepEqual([headers.get('upload-offset'), headers.get('upload-length')], ['0', '0'])
      })
      test('a length beyond Tus-Max-Size is 413', async () => {
        world.configure({ PEEKR_MAX_UPLOAD: '10B' })
        assert.equal((await post({ 'upload-length': '11' })).status, 413)
        assert.equal((await post({ 'upload-length': '10' })).status, 201)
        world.configure({})
      })
      test('neither Upload-Length nor Upload-Defer-Length is 400; deferring is not offered, so it is 400 too', async () => {
        assert.equal((await post({})).status, 400)
        assert.equal((await post({ 'upload-defer-length': '1' })).status, 400)
      })
      test('Upload-Metadata: pairs of a key and Base64, repeated in HEAD as they came; a value may be empty', async () => {
        const metadata = `${encodeMetadata({ filename: 'ä b.mp4' })},empty,is_confidential `
        const answer = await post({ 'upload-length': '3', 'upload-metadata': metadata.trim() })
        assert.equal(answer.status, 201)
        const { headers } = await ask(locationOf(answer), 'HEAD')
        assert.equal(headers.get('upload-metadata'), metadata.trim())
      })
      test('Upload-Metadata: a key given twice is refused', async () => {
        assert.equal((await post({ 'upload-length': '3', 'upload-metadata': 'a YQ==,a Yg==' })).status, 400)
      })
    })

    describe('Creation With Upload', () => {
      test('the body of the creation is the beginning, and the answer has Upload-Offset', async () => {
        const answer = await post({ 'upload-length': '5', 'content-type': OCTETS }, Buffer.from('abc'))
        assert.deepEqual([answer.status, answer.headers.get('upload-offset')], [201, '3'])
        assert.equal(await headOffset(locationOf(answer), world.authorization), 3)
      })
      test('the body can be all of it', async () => {
        const answer = await post({ 'upload-length': '3', 'content-type': OCTETS }, Buffer.from('abc'))
        assert.equal(answer.headers.get('upload-offset'), '3')
      })
    })

    describe('Expiration', () => {
      test('Upload-Expires is in the answers of unfinished uploads, as an HTTP date in the future', async () => {
        const created = await post({ 'upload-length': '5' })
        const patched = await patchTus(locationOf(created), world.authorization, 0, Buffer.from('ab'))
        for (const { headers } of [created, patched]) {
          const expires = headers.get('upload-expires') ?? ''
          assert.equal(new Date(expires).toUTCString(), expires)
          assert.ok(Date.parse(expires) > Date.now())
        }
      })
      test('what expired is 404 or 410, on HEAD and on PATCH', async () => {
        const { url, uploadId } = await make(5)
        const past = new Date(Date.now() - 3_600_000)
        await UploadModel.collection.updateOne(
          { _id: uploadId as never },
          { $set: { createdAt: past, expiresAt: past } },
        )
        await sweepUploads()
        assert.ok([404, 410].includes((await ask(url, 'HEAD')).status))
        assert.ok([404, 410].includes((await patchTus(url, world.authorization, 0, Buffer.from('x'))).status))
      })
    })

    describe('Checksum', () => {
      test('Tus-Checksum-Algorithm names the algorithms in OPTIONS, sha1 among them', async () => {
        const { headers } = await callTus(endpoint(), 'OPTIONS')
        assert.equal(headers.get('tus-checksum-algorithm'), 'sha1,sha256,md5')
      })
      for (const algorithm of ['sha1', 'sha256', 'md5']) {
        test(`Upload-Checksum: a body that matches its ${algorithm} is kept`, async () => {
          const { url, uploadId } = await make(6)
          const headers = { 'upload-offset': '0', 'upload-checksum': digest(algorithm, 'abc') }
          assert.equal((await ask(url, 'PATCH', headers, Buffer.from('abc'))).status, 204)
          assert.equal(String(await readUpload(uploadId)), 'abc')
        })
      }
      test('Upload-Checksum: one that does not match is 460, and nothing of the body is kept', async () => {
        const { url, uploadId } = await make(3_000_006)
        await patchTus(url, world.authorization, 0, Buffer.from('abc'))
        const headers = { 'upload-offset': '3', 'upload-checksum': digest('sha1', 'what was sent') }
        const answer = await ask(url, 'PATCH', headers, Buffer.alloc(3_000_000, 1))
        assert.deepEqual([answer.status, answer.code], [460, 'checksum_mismatch'])
        assert.equal(String(await readUpload(uploadId)), 'abc')
        assert.equal(await headOffset(url, world.authorization), 3)
        assert.equal((await patchTus(url, world.authorization, 3, Buffer.from('def'))).status, 204)
        assert.equal(String(await readUpload(uploadId)), 'abcdef')
      })
      test('Upload-Checksum: an unknown algorithm or a malformed value is 400, and nothing is kept', async () => {
        const { url, uploadId } = await make(3)
        for (const value of ['crc32 AAAA', 'sha1', 'sha1 !!!', 'sha1 AAAA', `${digest('md5', 'abc')} x`]) {
          const headers = { 'upload-offset': '0', 'upload-checksum': value }
          assert.equal((await ask(url, 'PATCH', headers, Buffer.from('abc'))).status, 400, value)
        }
        assert.equal((await readUpload(uploadId)).length, 0)
      })
      test('bytes whose checksum nobody compared, because the process died, are not counted as stored', async () => {
        const { url, uploadId } = await make(9)
        await patchTus(url, world.authorization, 0, Buffer.from('abc'))
        await getUploadLeases().close() // as after a restart: nothing is known but the record and the file
        await appendFile(uploadFilePath(uploadId), 'xyz')
        await UploadModel.updateOne({ _id: uploadId }, { $set: { unverifiedFrom: 3 } })
        assert.equal(await headOffset(url, world.authorization), 3)
        assert.equal(String(await readUpload(uploadId)), 'abc')
        assert.equal((await UploadModel.findById(uploadId).lean())?.unverifiedFrom, null)
      })
    })

    describe('Termination', () => {
      test('DELETE frees the upload and answers 204; after that it is 404 or 410', async () => {
        const { url, uploadId } = await make(5)
        await patchTus(url, world.authorization, 0, Buffer.from('ab'))
        assert.equal((await ask(url, 'DELETE')).status, 204)
        await assert.rejects(readUpload(uploadId), { code: 'ENOENT' })
        for (const method of ['HEAD', 'DELETE'])
          assert.ok([404, 410].includes((await ask(url, method)).status))
        assert.ok([404, 410].includes((await patchTus(url, world.authorization, 2, Buffer.from('c'))).status))
      })
    })

    describe('Concatenation', () => {
      const part = async (text: string) => {
        const headers = {
          'upload-length': String(text.length),
          'upload-concat': 'partial',
          'content-type': OCTETS,
        }
        return (await post(headers, Buffer.from(text))).headers.get('location') ?? ''
      }
      test('a final upload is its parts in the order they are named, by relative and by absolute address', async () => {
        const [a, b] = [await part('abc'), await part('de')]
        const answer = await post({ 'upload-concat': `final;${world.origins[door]}${b} ${a}` })
        assert.equal(answer.status, 201)
        const id = answer.headers.get('location')?.split('/').at(-1) ?? ''
        assert.equal(String(await readUpload(id)), 'deabc')
      })
      test('HEAD: Upload-Concat is repeated for both kinds; a finished final has offset and length, both the same', async () => {
        const [a, b] = [await part('abc'), await part('de')]
        assert.equal((await ask(world.origins[door] + a, 'HEAD')).headers.get('upload-concat'), 'partial')
        const { headers } = await ask(locationOf(await post({ 'upload-concat': `final;${a} ${b}` })), 'HEAD')
        assert.equal(headers.get('upload-concat'), `final;${a} ${b}`)
        assert.deepEqual([headers.get('upload-offset'), headers.get('upload-length')], ['5', '5'])
      })
      test('HEAD: a final that is not put together yet has no Upload-Offset', async () => {
        const final = await post({ 'upload-concat': `final;${await part('abc')}` })
        const id = final.headers.get('location')?.split('/').at(-1)
        await UploadModel.updateOne({ _id: id }, { $set: { state: 'open' } })
        const { status, headers } = await ask(locationOf(final), 'HEAD')
        assert.deepEqual([status, headers.get('upload-offset')], [200, null])
        await UploadModel.updateOne({ _id: id }, { $set: { state: 'finished' } })
      })
      test('a final with Upload-Length is refused', async () => {
        assert.equal(
          (await post({ 'upload-length': '3', 'upload-concat': `final;${await part('abc')}` })).status,
          400,
        )
      })
      test('PATCH against a final is 403', async () => {
        const url = locationOf(await post({ 'upload-concat': `final;${await part('abc')}` }))
        assert.equal((await patchTus(url, world.authorization, 3, Buffer.from('x'))).status, 403)
      })
      test('metadata of a part is not used; that of the final is', async () => {
        const headers = { 'upload-length': '1', 'upload-concat': 'partial', 'content-type': OCTETS }
        const metadata = encodeMetadata({ filename: 'part.bin' })
        const made = await post({ ...headers, 'upload-metadata': metadata }, Buffer.from('x'))
        const final = await post({
          'upload-concat': `final;${made.headers.get('location')}`,
          'upload-metadata': encodeMetadata({ filename: 'whole.mp4' }),
        })
        const { headers: known } = await ask(locationOf(final), 'HEAD')
        assert.equal(known.get('upload-metadata'), encodeMetadata({ filename: 'whole.mp4' }))
      })
    })
  })
}
