import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressKey, passwordLimits } from '#lib/auth/rate-limit'

test('every IPv4 address has a limit of its own', () => {
  assert.equal(addressKey('192.168.1.7'), '192.168.1.7')
  assert.notEqual(addressKey('192.168.1.7'), addressKey('192.168.1.8'))
})

test('all IPv6 addresses of one home share a limit, however they are written', () => {
  const key = addressKey('2001:db8:0:1:2:3:4:5')
  assert.equal(addressKey('2001:0db8::1:ffff:0:0:1'), key)
  assert.equal(addressKey('2001:db8:0:1::'), key)
  assert.notEqual(addressKey('2001:db8:0:2::1'), key)
  assert.equal(addressKey('fe80::1%eth0'), 'fe80:0:0:0::/64')
  assert.equal(addressKey('::1'), '0:0:0:0::/64')
})

test('clients whose address is not known share one limit of an account', () => {
  assert.equal(addressKey('unknown'), null)
  assert.deepEqual(
    passwordLimits('ana@example.org', 'unknown').map(({ max }) => max),
    [10, 60],
  )
})

test('the limit of all clients together is not for one that has signed in before', () => {
  const keys = (isKnown: boolean) =>
    passwordLimits('ana@example.org', '10.0.0.1', { isKnown }).map(({ max }) => max)
  assert.deepEqual(
    [keys(false), keys(true)],
    [
      [10, 30, 60],
      [10, 30],
    ],
  )
})

test("an account's limits go by the address typed, in whatever case, and do not contain it", () => {
  const limits = passwordLimits('Ana@Example.org ', '10.0.0.1')
  assert.deepEqual(passwordLimits('ana@example.org', '10.0.0.1'), limits)
  for (const { key } of limits) assert.ok(!key.includes('ana'))
})
