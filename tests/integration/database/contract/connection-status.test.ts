import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('connection-status')

test('connectionStatus lists nobody where nobody signs in', async () => {
  const { authInfo, ok } = await contract.run({ connectionStatus: 1 })
  assert.equal(ok, 1)
  assert.deepEqual(authInfo, { authenticatedUsers: [], authenticatedUserRoles: [] })
})
