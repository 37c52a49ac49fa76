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

test('an address that is not known counts for the account only', () => {
  assert.equal(addressKey('unknown'), null)
  assert.equal(passwordLimits('ana@example.org', 'unknown').length, 1)
})

test("an account's limit goes by the address typed, in whatever case, and does not contain it", () => {
  const [account, address] = passwordLimits('Ana@Example.org ', '10.0.0.1')
  assert.deepEqual(passwordLimits('ana@example.org', '10.0.0.1'), [account, address])
  assert.ok(account && !account.key.includes('ana'))
})
