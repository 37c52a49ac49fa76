import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('server-status')

test('serverStatus tells version, process and uptime', async () => {
  const status = await contract.client.db('admin').command({ serverStatus: 1 })
  assert.equal(status.ok, 1)
  assert.match(status.version, /^\d+\.\d+\.\d+/)
  assert.ok(status.uptime >= 0)
  if (!contract.isEmbedded) return
  assert.ok(status.mem.resident > 0)
  assert.ok(status.pid > 1)
})
