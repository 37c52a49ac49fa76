import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import type { AdminUserView, UserPage } from '#lib/admin/users'
import { updateUser } from '#lib/admin/users-update'
import { UserModel } from '#lib/db/models/user'
import { VideoModel } from '#lib/db/models/video'
import { createId } from '#lib/domain/id'
import { PATCH as patchUser } from '../../../app/api/admin/users/[id]/route.ts'
import { GET as getUsers, POST as postUser } from '../../../app/api/admin/users/route.ts'
import { PATCH as patchMe } from '../../../app/api/me/route.ts'
import { POST as postRegister } from '../../../app/api/register/route.ts'
import { POST as postSetup } from '../../../app/api/setup/route.ts'
import { POST as postToken } from '../../../app/api/tokens/route.ts'
import { callRoute, makeCookie, makeUser, openAuthTest, PASSWORD, signIn } from '../../support/auth-test.ts'

const { close } = await openAuthTest()
after(close)
afterEach(() => UserModel.deleteMany({}))

const isCode = (code: string) => (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === code

test('an administrator sees every account with what it stores, page by page', async () => {
  const admin = await makeUser('admin')
  const headers = { cookie: await makeCookie(admin) }
  const uploader = await makeUser('uploader')
  await makeUser('viewer')
  for (const [sizeBytes, deletedAt] of [
    [5, null],
    [7, null],
    [100, new Date()],
  ] as const) {
    await VideoModel.create({
      _id: createId(),
      ownerId: uploader._id,
      uploadId: createId(),
      title: 'x',
      state: 'ready',
      source: { filename: 'x.mp4', sizeBytes },
      deletedAt,
    })
  }
  const items: AdminUserView[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const path = `/api/admin/users?limit=2${cursor && `&cursor=${cursor}`}`
    const page = (await callRoute(getUsers, { path, headers })).body as UserPage
    items.push(...page.items)
    cursor = page.nextCursor
  }
  assert.deepEqual(
    items.map(({ role }) => role),
    ['admin', 'uploader', 'viewer'],
  )
  const { videoCount, usedBytes } = items[1] ?? {}
  assert.deepEqual({ videoCount, usedBytes }, { videoCount: 2, usedBytes: 12 })
  assert.ok(!/argon2|passwordHash|sessionVersion/.test(JSON.stringify(items)))

  const found = (await callRoute(getUsers, { path: '/?q=UPLOADER', headers })).body as UserPage
  assert.equal(found.items.length, 1)
  assert.equal(((await callRoute(getUsers, { path: '/?q=.*', headers })).body as UserPage).items.length, 0)
  for (const query of ['limit=0', 'limit=x', 'cursor=x', 'q[$ne]=x']) {
    assert.equal((await callRoute(getUsers, { path: `/?${query}`, headers })).status, 400, query)
  }
})

test('only an administrator sees or changes accounts', async () => {
  const [viewer, uploader] = [await makeUser('viewer'), await makeUser('uploader')]
  const json = { role: 'admin' }
  const cases: [Record<string, string>, number][] = [
    [{ cookie: await makeCookie(viewer) }, 403],
    [{ cookie: await makeCookie(uploader) }, 403],
    [{}, 401],
  ]
  for (const [headers, expected] of cases) {
    assert.equal((await callRoute(getUsers, { headers })).status, expected)
    assert.equal((await callRoute(postUser, { method: 'POST', headers, json })).status, expected)
    const params = { id: viewer._id }
    assert.equal((await callRoute(patchUser, { method: 'PATCH', headers, json, params })).status, expected)
  }
})

test('an account made by an administrator can sign in; its role and state change as told', async () => {
  const headers = { cookie: await makeCookie(await makeUser('admin')) }
  const json = { email: 'Bea@example.org', name: 'Bea', role: 'uploader', password: PASSWORD }
  const made = await callRoute(postUser, { method: 'POST', headers, json })
  assert.equal(made.status, 201)
  const { id } = made.body as AdminUserView
  assert.equal((await signIn({ email: 'bea@example.org', password: PASSWORD })).error, null)
  assert.equal((await callRoute(postUser, { method: 'POST', headers, json })).status, 409)
  const patch = (body: object) =>
    callRoute(patchUser, { method: 'PATCH', headers, json: body, params: { id } })
  const disabled = (await patch({ disabled: true, role: 'viewer' })).body as AdminUserView
  assert.ok(disabled.disabledAt !== null && disabled.role === 'viewer')
  assert.equal((await signIn({ email: 'bea@example.org', password: PASSWORD })).error, 'CredentialsSignin')
  await patch({ disabled: false })
  assert.equal((await signIn({ email: 'bea@example.org', password: PASSWORD })).error, null)
  const missing = { method: 'PATCH', headers, json: {}, params: { id: createId() } }
  assert.equal((await callRoute(patchUser, missing)).status, 404)
})

test('the last enabled administrator can be neither disabled nor demoted', async () => {
  const [ana, bea] = [await makeUser('admin'), await makeUser('admin')]
  await updateUser(bea._id, { disabled: true })
  await assert.rejects(updateUser(ana._id, { role: 'viewer' }), isCode('conflict'))
  await assert.rejects(updateUser(ana._id, { disabled: true }), isCode('conflict'))
  await updateUser(bea._id, { disabled: false })
  await updateUser(ana._id, { role: 'viewer' })
  await assert.rejects(updateUser(bea._id, { disabled: true }), isCode('conflict'))
})

test('administrators who demote each other at once never leave none', async () => {
  for (let round = 0; round < 8; round += 1) {
    const admins = [await makeUser('admin'), await makeUser('admin')]
    await Promise.allSettled(admins.map(({ _id }) => updateUser(_id, { role: 'viewer' })))
    assert.ok((await UserModel.countDocuments({ role: 'admin', disabledAt: null })) >= 1)
    await UserModel.deleteMany({})
  }
})

test('a query operator in any field of any body is refused with 400', async () => {
  const admin = await makeUser('admin')
  const headers = { cookie: await makeCookie(admin) }
  const account = { email: 'bea@example.org', name: 'Bea', password: PASSWORD }
  const routes: [string, Parameters<typeof callRoute>[0], Record<string, unknown>, object][] = [
    ['setup', postSetup, { ...account, code: 'AAAA-AAAA' }, {}],
    ['register', postRegister, account, {}],
    ['me', patchMe, { name: 'Ana', password: { current: PASSWORD, next: PASSWORD } }, {}],
    ['tokens', postToken, { name: 'x', scopes: ['admin'], expiresInDays: 1 }, {}],
    ['users', postUser, { ...account, role: 'viewer' }, {}],
    ['user', patchUser, { role: 'viewer', disabled: true }, { id: admin._id }],
  ]
  for (const [title, handler, body, params] of routes) {
    const method = title === 'me' || title === 'user' ? 'PATCH' : 'POST'
    for (const field of [...Object.keys(body), 'ownerId', 'sessionVersion', '$set']) {
      for (const value of [{ $ne: null }, { $gt: '' }]) {
        const answer = await callRoute(handler, {
          method,
          headers,
          params,
          json: { ...body, [field]: value },
        })
        assert.equal(answer.status, 400, `${title}.${field}`)
      }
    }
  }
  assert.equal(await UserModel.countDocuments({}), 1)
})
