import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ZodType } from 'zod'
import {
  ProfileBody,
  RegisterBody,
  SetupBody,
  TokenBody,
  UserBody,
  UserPatchBody,
} from '#lib/auth/account-schema'

const account = { email: 'ana@example.org', name: 'Ana', password: 'correct horse' }
const BODIES: [string, ZodType, Record<string, unknown>][] = [
  ['setup', SetupBody, { ...account, code: 'ABCD-EFGH' }],
  ['register', RegisterBody, account],
  ['profile', ProfileBody, { name: 'Ana', password: { current: 'a', next: 'correct horse' } }],
  ['token', TokenBody, { name: 'backup', scopes: ['videos:read'], expiresInDays: 3 }],
  ['user', UserBody, { ...account, role: 'viewer' }],
  ['user patch', UserPatchBody, { role: 'viewer', disabled: false }],
]

for (const [title, schema, body] of BODIES) {
  test(`${title}: a field that is not its own is refused`, () => {
    assert.ok(schema.safeParse(body).success)
    for (const field of [
      '_id',
      'passwordHash',
      'sessionVersion',
      'owner',
      'ownerId',
      'disabledAt',
      '__proto__x',
    ]) {
      assert.ok(!schema.safeParse({ ...body, [field]: 'x' }).success, field)
    }
  })

  test(`${title}: a query operator is no value of any field`, () => {
    for (const operator of [{ $ne: null }, { $gt: '' }, { $regex: '.*' }, ['$ne'], null, 1]) {
      for (const field of Object.keys(body).filter((name) => name !== 'expiresInDays')) {
        assert.ok(
          !schema.safeParse({ ...body, [field]: operator }).success,
          `${field} ${JSON.stringify(operator)}`,
        )
      }
    }
  })
}

test('an e-mail address is stored in lower case without spaces around it', () => {
  assert.equal(RegisterBody.parse({ ...account, email: '  Ana@Example.ORG ' }).email, 'ana@example.org')
  assert.equal(RegisterBody.parse({ ...account, email: 'admin@nas' }).email, 'admin@nas')
  for (const email of ['', 'ana', 'a b@c.d', 'ana@', '@nas', `${'a'.repeat(250)}@b.cd`, 'ana@ex\0.org']) {
    assert.ok(!RegisterBody.safeParse({ ...account, email }).success, email)
  }
})

test('a name may be in any script, but holds nothing that turns the text around it', () => {
  for (const name of ['Ana', 'Łukasz O’Neil', '李小龍', 'عائشة', '👩‍🚀']) {
    assert.ok(RegisterBody.safeParse({ ...account, name }).success, name)
  }
  for (const name of ['', '   ', 'a\nb', 'a\0b', 'a\u001b[31m', 'a\u202eb', 'x'.repeat(101)]) {
    assert.ok(!RegisterBody.safeParse({ ...account, name }).success, JSON.stringify(name))
  }
})
