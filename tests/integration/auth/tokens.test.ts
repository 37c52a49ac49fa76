import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { updateUser } from '#lib/admin/users-update'
import { createApiToken } from '#lib/auth/api-tokens'
import { findViewer } from '#lib/auth/find-viewer'
import { ApiTokenModel } from '#lib/db/models/api-token'
import { canUpload, canWatch, type Scope } from '#lib/domain/permissions'
import { GET as getMe, PATCH as patchMe } from '../../../app/api/me/route.ts'
import { DELETE as deleteToken } from '../../../app/api/tokens/[id]/route.ts'
import { GET as listTokens, POST as postToken } from '../../../app/api/tokens/route.ts'
import { callRoute, makeCookie, makeUser, openAuthTest } from '../../support/auth-test.ts'

const { close } = await openAuthTest()
after(close)

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

test('a token is its account with the scopes it was given, and only its hash is stored', async () => {
  const user = await makeUser('uploader')
  const cookie = await makeCookie(user)
  const answer = await callRoute(postToken, {
    method: 'POST',
    headers: { cookie },
    json: { name: 'backup', scopes: ['videos:read'], expiresInDays: 2 },
  })
  assert.equal(answer.status, 201)
  const { token, id } = answer.body as { token: string; id: string }
  assert.match(token, /^pk_[\w-]{43}$/)
  const viewer = await findViewer(bearer(token))
  assert.deepEqual([viewer?.userId, viewer?.scopes, viewer?.via], [user._id, ['videos:read'], 'token'])
  assert.equal(canUpload(viewer), false)
  assert.equal(canWatch(viewer, { ownerId: user._id, visibility: 'private' }), true)
  assert.ok(!JSON.stringify(await ApiTokenModel.findById(id).lean()).includes(token))

  const list = await callRoute(listTokens, { headers: { cookie } })
  assert.ok(!JSON.stringify(list.body).includes(token))
  assert.deepEqual(
    (list.body as { items: { id: string }[] }).items.map((item) => item.id),
    [id],
  )
})

test('a revoked, expired, unknown or malformed token is nobody, and never the session beside it', async () => {
  const user = await makeUser('uploader')
  const cookie = await makeCookie(user)
  const { token, view } = await createApiToken({ userId: user._id, name: 'one' })
  const { token: old, view: oldView } = await createApiToken({
    userId: user._id,
    name: 'two',
    expiresInDays: 1,
  })
  assert.ok(await findViewer(bearer(old)))
  await ApiTokenModel.updateOne({ _id: oldView.id }, { $set: { expiresAt: new Date(Date.now() - 1) } })
  const revoke = () =>
    callRoute(deleteToken, { method: 'DELETE', headers: { cookie }, params: { id: view.id } })
  assert.equal((await revoke()).status, 204)
  assert.equal((await revoke()).status, 404)
  for (const authorization of [
    `Bearer ${token}`,
    `Bearer ${old}`,
    `Bearer pk_${'A'.repeat(43)}`,
    'Bearer',
    'Basic YTpi',
    'x',
  ]) {
    assert.equal(await findViewer({ authorization, cookie }), null, authorization)
  }
})

test("nobody revokes or sees somebody else's token", async () => {
  const [ana, bea] = [await makeUser(), await makeUser('admin')]
  const { view, token } = await createApiToken({ userId: ana._id, name: 'hers' })
  const headers = { cookie: await makeCookie(bea) }
  assert.equal(
    (await callRoute(deleteToken, { method: 'DELETE', headers, params: { id: view.id } })).status,
    404,
  )
  assert.deepEqual((await callRoute(listTokens, { headers })).body, { items: [] })
  assert.ok(await findViewer(bearer(token)))
})

test('a token never goes beyond its role, also when the role sinks later', async () => {
  const user = await makeUser('uploader')
  await assert.rejects(
    createApiToken({ userId: user._id, name: 'x', scopes: ['admin'] }),
    /cannot give a token/,
  )
  const { token } = await createApiToken({ userId: user._id, name: 'all' })
  assert.deepEqual((await findViewer(bearer(token)))?.scopes, [
    'videos:read',
    'videos:write',
    'uploads:write',
  ])
  await updateUser(user._id, { role: 'viewer' })
  assert.deepEqual((await findViewer(bearer(token)))?.scopes, ['videos:read'])
  await updateUser(user._id, { disabled: true })
  assert.equal(await findViewer(bearer(token)), null)
})

test('a token with fewer scopes cannot make itself a greater one or change the account', async () => {
  const admin = await makeUser('admin')
  const make = async (scopes?: Scope[]) =>
    bearer((await createApiToken({ userId: admin._id, name: 'x', scopes })).token)
  const [small, full] = [await make(['videos:read', 'admin']), await make()]
  const json = { name: 'another' }
  assert.equal((await callRoute(postToken, { method: 'POST', headers: small, json })).status, 403)
  assert.equal((await callRoute(patchMe, { method: 'PATCH', headers: small, json })).status, 403)
  assert.equal((await callRoute(postToken, { method: 'POST', headers: full, json })).status, 201)
  assert.equal((await callRoute(patchMe, { method: 'PATCH', headers: full, json })).status, 200)
  const me = await callRoute(getMe, { headers: small })
  assert.deepEqual((me.body as { scopes: Scope[] }).scopes, ['videos:read', 'admin'])
})

test('nobody in particular has no account to see', async () => {
  assert.equal((await callRoute(getMe, {})).status, 401)
  assert.equal((await callRoute(getMe, { headers: bearer('pk_x') })).status, 401)
})
