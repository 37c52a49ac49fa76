import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, test } from 'node:test'
import { checkPassword } from '#lib/auth/check-password'
import { WINDOW_MS } from '#lib/auth/rate-limit'
import { resetPassword } from '#lib/auth/reset-password'
import { LoginAttemptModel } from '#lib/db/models/login-attempt'
import { makeUser, openAuthTest, PASSWORD, signIn } from '../../support/auth-test.ts'

const { close } = await openAuthTest()
after(close)

before(async () => {
  // Counting goes by windows of the clock; a test that crosses from one to the next would see fewer.
  const left = WINDOW_MS - (Date.now() % WINDOW_MS)
  if (left < 20_000) await new Promise((resolve) => setTimeout(resolve, left))
})

const isCode = (code: string) => (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === code

/** Each from another address, with a made-up X-Forwarded-For. */
function guess(email: string, number: number, password = 'wrong horse') {
  const headers = { 'x-peekr-client': `198.51.100.${number}`, 'x-forwarded-for': `203.0.113.${number}` }
  return signIn({ email, password }, headers)
}

test('after ten wrong guesses a client waits, even with the right password', async () => {
  const user = await makeUser()
  for (let number = 1; number <= 10; number += 1) {
    const { status, error } = await guess(user.email, 1)
    assert.deepEqual({ status, error }, { status: 401, error: 'CredentialsSignin' })
  }
  assert.equal((await guess(user.email, 1)).error, 'TooManyAttempts')
  const right = await guess(user.email, 1, PASSWORD)
  assert.deepEqual(
    { error: right.error, cookie: right.sessionCookie },
    { error: 'TooManyAttempts', cookie: null },
  )
  assert.equal((await guess(user.email, 2, PASSWORD)).error, null, 'another client is not kept out by that')

  await resetPassword(user.email, 'a new horse')
  assert.equal((await guess(user.email, 1, 'a new horse')).error, null)
})

test('many clients together get sixty guesses; whoever has signed in from theirs before still gets in', async () => {
  const user = await makeUser()
  assert.equal((await guess(user.email, 200, PASSWORD)).error, null)
  assert.equal((await guess(user.email, 10)).error, 'CredentialsSignin')
  // Fifty more by fifty others, without the seconds that their hashes take.
  const ofAll = new RegExp(`^account:${createHash('sha256').update(user.email).digest('base64url')}:\\d+$`)
  const counted = await LoginAttemptModel.updateMany({ _id: ofAll }, { $inc: { count: 50 } }).setOptions({
    sanitizeFilter: false,
  })
  assert.equal(counted.modifiedCount, 1)
  const errors = []
  for (let number = 52; number <= 61; number += 1) errors.push((await guess(user.email, number)).error)
  assert.deepEqual(errors, [...Array<string>(9).fill('CredentialsSignin'), 'TooManyAttempts'])
  assert.equal((await guess(user.email, 90, PASSWORD)).error, 'TooManyAttempts', 'a stranger’s right guess')
  assert.equal((await guess(user.email, 200, PASSWORD)).error, null, 'the owner, where they always are')
  assert.equal((await guess(user.email, 200)).error, 'CredentialsSignin')

  await resetPassword(user.email, 'a new horse')
  assert.equal((await guess(user.email, 90, 'a new horse')).error, null)
})

test('an address with no account is stopped after as many guesses, so being stopped says nothing', async () => {
  const errors = []
  for (let number = 1; number <= 11; number += 1) errors.push((await guess('nobody@example.org', 230)).error)
  assert.deepEqual(errors, [...Array<string>(10).fill('CredentialsSignin'), 'TooManyAttempts'])
  assert.equal((await guess('Nobody@example.org', 230)).error, 'TooManyAttempts')
})

test('one client is stopped after thirty wrong guesses at many accounts; a made-up X-Forwarded-For does not help', async () => {
  const attempt = (number: number, clientAddress: string) =>
    signIn(
      { email: `nobody-${number}@example.org`, password: 'wrong horse' },
      { 'x-peekr-client': clientAddress, 'x-forwarded-for': `203.0.113.${number}` },
    )
  const answers = []
  for (let number = 1; number <= 31; number += 1)
    answers.push(await attempt(number, `2001:db8:7:7::${number}`))
  assert.deepEqual(
    answers.map(({ error }) => error),
    [...Array<string>(30).fill('CredentialsSignin'), 'TooManyAttempts'],
  )
  assert.equal((await attempt(32, '2001:db8:7:8::1')).error, 'CredentialsSignin')
})

test('guesses sent all at once are counted each', async () => {
  const user = await makeUser()
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, () =>
      checkPassword({ email: user.email, password: 'wrong horse', clientAddress: '192.0.2.66' }),
    ),
  )
  const codes = results.map((result) => (result.status === 'rejected' ? result.reason.code : 'right'))
  assert.equal(codes.filter((code) => code === 'wrong_credentials').length, 10)
  assert.equal(codes.filter((code) => code === 'too_many_attempts').length, 10)
})

test('signing in rightly many times is no guessing', async () => {
  const user = await makeUser()
  for (let number = 0; number < 12; number += 1) {
    await checkPassword({ email: user.email, password: PASSWORD, clientAddress: '192.0.2.77' })
  }
})

test('what is counted names nobody, and is forgotten after its window', async () => {
  await assert.rejects(
    checkPassword({ email: 'ana@example.org', password: 'wrong horse', clientAddress: '192.0.2.5' }),
    isCode('wrong_credentials'),
  )
  const records = await LoginAttemptModel.find({}).lean()
  assert.ok(records.length > 0)
  for (const { _id, expiresAt } of records) {
    assert.ok(!_id.includes('@'), _id)
    const keptMs = _id.startsWith('known:') ? 90 * 24 * 60 * 60 * 1000 : WINDOW_MS
    assert.ok(expiresAt.getTime() - Date.now() <= keptMs)
  }
  const indexes = await LoginAttemptModel.collection.indexes()
  assert.ok(indexes.some(({ expireAfterSeconds }) => expireAfterSeconds === 0))
})
