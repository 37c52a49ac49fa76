import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { makeCookie } from '../../support/auth-test.ts'
import {
  callTus,
  createTusUpload,
  DOORS,
  headOffset,
  makeUploader,
  readUpload,
} from '../../support/upload-test.ts'
import { openUploadWorld } from '../../support/upload-world.ts'

const world = openUploadWorld()

const VERBS: [string, Record<string, string>][] = [
  ['HEAD', {}],
  ['PATCH', { 'upload-offset': '0' }],
  ['DELETE', {}],
]

for (const door of DOORS) {
  describe(`who may do what at the ${door}`, () => {
    test('nobody does anything without signing in', async () => {
      const owner = await makeUploader()
      const { url, uploadId } = await createTusUpload(world.origins[door], owner.authorization, 3)
      for (const [method, headers] of VERBS) {
        assert.equal((await callTus(url, method, { headers })).status, 401)
        assert.equal(
          (await callTus(url, method, { headers: { ...headers, authorization: 'Bearer x' } })).status,
          401,
        )
      }
      const creation = { headers: { 'upload-length': '1' } }
      assert.equal(
        (await callTus(`${world.origins[door]}/api/uploads`, 'POST', creation)).code,
        'sign_in_required',
      )
      assert.equal((await readUpload(uploadId)).length, 0)
    })

    test('another account, an admin too, finds no upload but its own on any verb', async () => {
      const owner = await makeUploader()
      const { url, uploadId } = await createTusUpload(world.origins[door], owner.authorization, 3)
      for (const role of ['uploader', 'admin', 'viewer'] as const) {
        const { authorization } = await makeUploader(role)
        for (const [method, headers] of VERBS) {
          const answer = await callTus(url, method, { headers: { authorization, ...headers } })
          const unknown = await callTus(url.replace(uploadId, createId()), method, {
            headers: { authorization, ...headers },
          })
          assert.equal(answer.status, 404)
          assert.equal(answer.message, unknown.message)
        }
      }
      assert.equal(await headOffset(url, owner.authorization), 0)
    })

    test('GET never returns bytes, not even to the owner of a finished upload', async () => {
      const { authorization } = await makeUploader()
      const { url } = await createTusUpload(world.origins[door], authorization, 6)
      await callTus(url, 'PATCH', {
        headers: { authorization, 'upload-offset': '0' },
        body: Buffer.from('secret'),
      })
      const response = await fetch(url, { headers: { authorization } })
      assert.equal(response.status, 405)
      assert.doesNotMatch(await response.text(), /secret/)
    })

    test('a viewer and a token without the scope cannot create', async () => {
      for (const { authorization } of [
        await makeUploader('viewer'),
        await makeUploader('admin', ['videos:read', 'videos:write']),
      ]) {
        const answer = await callTus(`${world.origins[door]}/api/uploads`, 'POST', {
          headers: { authorization, 'upload-length': '1' },
        })
        assert.equal(answer.code, 'forbidden')
      }
    })

    test('a session may write from our own pages only', async () => {
      const { userId } = await makeUploader()
      const cookie = await makeCookie({ _id: userId })
      const create = (headers: Record<string, string>) =>
        callTus(`${world.origins[door]}/api/uploads`, 'POST', {
          headers: { cookie, 'upload-length': '1', ...headers },
        })
      assert.equal((await create({ 'sec-fetch-site': 'same-origin' })).status, 201)
      assert.equal((await create({ origin: world.origins[door] })).status, 201)
      assert.equal((await create({ 'sec-fetch-site': 'cross-site' })).code, 'cross_site')
      assert.equal((await create({ origin: 'https://elsewhere.example' })).code, 'cross_site')
      assert.equal((await create({})).code, 'cross_site')
      assert.equal(await VideoModel.countDocuments({ ownerId: userId }), 2)
    })

    test('addresses that are not an upload are 404, whatever they look like', async () => {
      const { authorization } = await makeUploader()
      for (const path of ['/x', '/..%2f..%2fetc%2fpasswd', '/a/b', '/%00', '/__proto__', '/$ne', '/%']) {
        const answer = await callTus(`${world.origins[door]}/api/uploads${path}`, 'HEAD', {
          headers: { authorization },
        })
        assert.equal(answer.status, 404, path)
      }
    })
  })
}
