import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { updateUser } from '#lib/admin/users-update'
import { findViewer } from '#lib/auth/find-viewer'
import { resetPassword } from '#lib/auth/reset-password'
import { UserModel } from '#lib/db/models/user'
import { PATCH as patchMe } from '../../../app/api/me/route.ts'
import {
  callNextAuth,
  callRoute,
  makeCookie,
  makeUser,
  openAuthTest,
  PASSWORD,
  signIn,
} from '../../support/auth-test.ts'

const { close } = await openAuthTest()
after(close)

test('signing in over plain HTTP on a LAN address gives a session there', async () => {
  const user = await makeUser('uploader')
  const lan = { 'x-forwarded-host': '192.168.1.20:3000', 'x-forwarded-proto': 'http' }
  const answer = await signIn({ email: ` ${user.email.toUpperCase()} `, password: PASSWORD }, lan)
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.body, { url: 'http://192.168.1.20:3000/' })
  const cookie = answer.sessionCookie ?? ''
  assert.ok(cookie.startsWith('next-auth.session-token='), cookie)
  for (const set of answer.cookies) assert.ok(!/; Secure/i.test(set), set)
  assert.ok(/HttpOnly.*SameSite=Lax/.test(answer.cookies.at(-1) ?? ''))

  const viewer = await findViewer({ cookie })
  assert.equal(viewer?.userId, user._id)
  assert.equal(viewer?.role, 'uploader')
  const session = await callNextAuth({ path: '/api/auth/session', headers: { ...lan, cookie } })
  assert.deepEqual((session.body as { user: unknown }).user, {
    id: user._id,
    name: user.name,
    email: user.email,
    role: 'uploader',
  })
})

test('behind HTTPS every cookie is Secure and the session works', async () => {
  const user = await makeUser()
  const tls = { 'x-forwarded-host': 'videos.example.org', 'x-forwarded-proto': 'https' }
  const answer = await signIn({ email: user.email, password: PASSWORD }, tls)
  assert.deepEqual(answer.body, { url: 'https://videos.example.org/' })
  assert.ok(answer.sessionCookie?.startsWith('__Secure-next-auth.session-token='))
  for (const set of answer.cookies) assert.ok(/; Secure/i.test(set), set)
  assert.equal((await findViewer({ cookie: answer.sessionCookie }))?.userId, user._id)
})

test('an unknown address, a wrong password and a disabled account get one and the same answer', async () => {
  const [user, disabled] = [await makeUser(), await makeUser()]
  await updateUser(disabled._id, { disabled: true })
  const answers = [
    await signIn({ email: 'nobody@example.org', password: PASSWORD }),
    await signIn({ email: user.email, password: 'wrong horse' }),
    await signIn({ email: disabled.email, password: PASSWORD }),
    await signIn({ email: user.email }),
  ]
  for (const { status, body, sessionCookie } of answers) {
    assert.deepEqual({ status, body, sessionCookie }, { ...pick(answers[0]), sessionCookie: null })
    assert.equal(status, 401)
  }
  assert.equal(answers[0]?.error, 'CredentialsSignin')
})

test('after signing in nobody is sent to another site', async () => {
  const user = await makeUser()
  for (const callbackUrl of [
    'https://evil.example/',
    '//evil.example',
    'javascript:alert(1)',
    'http://peekr.test@evil.example',
    '\\\\evil',
  ]) {
    const { body } = await signIn({ email: user.email, password: PASSWORD, callbackUrl })
    assert.equal(new URL((body as { url: string }).url).host, 'peekr.test', callbackUrl)
  }
  const { body } = await signIn({ email: user.email, password: PASSWORD, callbackUrl: '/upload?x=1' })
  assert.deepEqual(body, { url: 'http://peekr.test/upload?x=1' })
})

test('a sign-in without the CSRF token of its own browser is not even tried', async () => {
  const user = await makeUser()
  const answer = await callNextAuth({
    path: '/api/auth/callback/credentials',
    form: { email: user.email, password: PASSWORD, csrfToken: 'made-up', json: 'true' },
  })
  assert.ok(!answer.cookies.some((cookie) => /session-token=[^;]/.test(cookie)))
})

for (const [title, end] of [
  ['a password reset on the server', (user) => resetPassword(user.email, 'another horse')],
  ['disabling the account', (user) => updateUser(user._id, { disabled: true })],
  ['a changed role', (user) => updateUser(user._id, { role: 'uploader' })],
] as [string, (user: { _id: string; email: string }) => Promise<unknown>][]) {
  test(`${title} ends its sessions at once, and clears their cookie`, async () => {
    const user = await makeUser()
    const cookie = await makeCookie(user)
    assert.ok(await findViewer({ cookie }))
    await end(user)
    assert.equal(await findViewer({ cookie }), null)
    const session = await callNextAuth({ path: '/api/auth/session', headers: { cookie } })
    assert.deepEqual(session.body, {})
    assert.ok(
      session.cookies.some((set) => set.startsWith('next-auth.session-token=;')),
      String(session.cookies),
    )
  })
}

test('changing the own password ends the other sessions and renews the one that asked', async () => {
  const user = await makeUser()
  const [here, elsewhere] = [await makeCookie(user), await makeCookie(user)]
  const answer = await callRoute(patchMe, {
    method: 'PATCH',
    headers: { cookie: here, 'x-forwarded-proto': 'https' },
    json: { password: { current: PASSWORD, next: 'a new horse' } },
  })
  assert.equal(answer.status, 200)
  assert.equal(await findViewer({ cookie: elsewhere }), null)
  const [renewed = ''] = answer.cookies
  assert.ok(renewed.startsWith('__Secure-') && renewed.endsWith('; Secure'), renewed)
  assert.equal((await findViewer({ cookie: renewed.split(';')[0] }))?.userId, user._id)
  assert.equal((await signIn({ email: user.email, password: PASSWORD })).status, 401)
  assert.equal((await signIn({ email: user.email, password: 'a new horse' })).status, 200)
})

test('a wrong current password changes nothing', async () => {
  const user = await makeUser()
  const cookie = await makeCookie(user)
  const json = { name: 'Else', password: { current: 'wrong horse', next: 'a new horse' } }
  const answer = await callRoute(patchMe, { method: 'PATCH', headers: { cookie }, json })
  assert.equal(answer.status, 401)
  assert.deepEqual(Object.keys((answer.body as { error: { fields: object } }).error.fields), [
    'password.current',
  ])
  assert.ok(await findViewer({ cookie }))
  assert.equal((await UserModel.findById(user._id).lean())?.name, user.name)
})

test('a forged, cut or foreign cookie is nobody', async () => {
  const cookie = await makeCookie(await makeUser())
  for (const bad of [
    cookie.slice(0, -2),
    `${cookie}x`,
    'next-auth.session-token=',
    'next-auth.session-token=a.b.c.d.e',
    cookie.replace('next-auth.session', 'session'),
  ]) {
    assert.equal(await findViewer({ cookie: bad }), null, bad)
  }
  assert.equal((await findViewer({ cookie: `theme=dark; ${cookie}; x=y` })) === null, false)
})

test('what a client posts to its session changes neither role nor version', async () => {
  const user = await makeUser()
  const cookie = await makeCookie(user)
  const csrf = await callNextAuth({ path: '/api/auth/csrf', headers: { cookie } })
  const { csrfToken } = csrf.body as { csrfToken: string }
  const cookies = [cookie, ...csrf.cookies.map((set) => set.split(';')[0])].join('; ')
  const form = { csrfToken, data: { role: 'admin', userId: 'x', sessionVersion: 9 } } as unknown as Record<
    string,
    string
  >
  const answer = await callNextAuth({ path: '/api/auth/session', form, headers: { cookie: cookies } })
  assert.equal((answer.body as { user: { role: string } }).user.role, 'viewer')
  const renewed = answer.cookies.find((set) => set.startsWith('next-auth.session-token='))?.split(';')[0]
  assert.equal((await findViewer({ cookie: renewed }))?.role, 'viewer')
})

function pick(answer: { status: number; body: unknown } | undefined) {
  return { status: answer?.status, body: answer?.body }
}
