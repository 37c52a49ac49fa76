import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { updateSettings } from '#lib/admin/settings'
import { findViewer } from '#lib/auth/find-viewer'
import { completeSetup, finishSetup, getSetupCode, isSetupNeeded } from '#lib/auth/setup'
import { LoginAttemptModel } from '#lib/db/models/login-attempt'
import { UserModel } from '#lib/db/models/user'
import { POST as register } from '../../../app/api/register/route.ts'
import { GET as getSetup, POST as postSetup } from '../../../app/api/setup/route.ts'
import { callRoute, makeUser, openAuthTest, PASSWORD } from '../../support/auth-test.ts'

const { close, dataPath } = await openAuthTest()
after(close)
afterEach(() => Promise.all([UserModel.deleteMany({}), LoginAttemptModel.deleteMany({})]))

const ANA = { email: 'ana@example.org', name: 'Ana', password: PASSWORD }
const post = (json: object, headers = {}) => callRoute(postSetup, { method: 'POST', json, headers })
const errorCode = (body: unknown) => (body as { error: { code: string } }).error.code

test('the code from the terminal makes the administrator, signs them in, and is used up', async () => {
  assert.deepEqual((await callRoute(getSetup, {})).body, { needed: true })
  const code = await getSetupCode()
  const answer = await post({ ...ANA, code: ` ${code.toLowerCase().replace('-', ' ')}` })
  assert.equal(answer.status, 201)
  const { user } = answer.body as { user: { role: string; email: string } }
  assert.equal(user.role, 'admin')
  assert.ok(!JSON.stringify(user).includes('argon2'))
  const viewer = await findViewer({ cookie: answer.cookies[0]?.split(';')[0] })
  assert.equal(viewer?.email, ANA.email)
  await assert.rejects(stat(join(dataPath, 'secrets', 'setup-code')), { code: 'ENOENT' })
  assert.deepEqual((await callRoute(getSetup, {})).body, { needed: false })
  const again = await post({ ...ANA, email: 'bea@example.org', code })
  assert.deepEqual([again.status, errorCode(again.body)], [409, 'setup_done'])
})

test('of many who finish setup at once exactly one becomes administrator', async () => {
  const code = await getSetupCode()
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, number) =>
      post({ ...ANA, email: number % 2 ? ANA.email : `ana-${number}@example.org`, code }),
    ),
  )
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(7).fill(409)])
  assert.equal(await UserModel.countDocuments({}), 1)
})

test('a wrong code makes nobody, and guessing it is stopped, with the right one too', async () => {
  const code = await getSetupCode()
  for (const wrong of ['AAAA-AAAA', code.slice(0, 8), `${code}A`, '-']) {
    const answer = await post({ ...ANA, code: wrong })
    assert.deepEqual([answer.status, errorCode(answer.body)], [401, 'wrong_credentials'])
  }
  const statuses = []
  for (let number = 0; number < 28; number += 1) {
    statuses.push(
      (await post({ ...ANA, code: 'AAAA-AAAA' }, { 'x-forwarded-for': `203.0.113.${number}` })).status,
    )
  }
  assert.deepEqual(statuses.slice(-3), [401, 429, 429])
  assert.equal((await post({ ...ANA, code })).status, 429)
  assert.equal(await isSetupNeeded(), true)
})

test('nobody can finish setup before a code was made', async () => {
  await finishSetup()
  await assert.rejects(completeSetup({ ...ANA, code: '', clientAddress: '192.0.2.9' }), /setup code is wrong/)
})

test('strangers make accounts only where registration is open, and then a viewer’s', async () => {
  const call = (json: object) => callRoute(register, { method: 'POST', json })
  await makeUser('admin')
  assert.equal((await call(ANA)).status, 403)
  await updateSettings({ registration: 'open' })
  const answer = await call(ANA)
  assert.equal(answer.status, 201)
  assert.equal((answer.body as { user: { role: string } }).user.role, 'viewer')
  assert.equal((await findViewer({ cookie: answer.cookies[0]?.split(';')[0] }))?.role, 'viewer')
  assert.equal((await call({ ...ANA, email: 'ANA@example.org' })).status, 409)
  assert.equal((await call({ ...ANA, email: 'bea@example.org', role: 'admin' })).status, 400)
  await updateSettings({ registration: 'closed' })
  assert.equal((await call({ ...ANA, email: 'bea@example.org' })).status, 403)
})

test('open registration does not make the first account', async () => {
  await updateSettings({ registration: 'open' })
  assert.equal((await callRoute(register, { method: 'POST', json: ANA })).status, 403)
  await updateSettings({ registration: 'closed' })
})
