import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('hello')

test('hello and its older names say what drivers need to know', async () => {
  for (const command of [{ hello: 1 }, { isMaster: 1 }, { ismaster: 1 }]) {
    const reply = await contract.run(command)
    assert.equal(reply.ok, 1)
    assert.equal(reply.isWritablePrimary ?? reply.ismaster, true)
    assert.equal(reply.maxBsonObjectSize, 16 * 1024 * 1024)
    assert.equal(reply.maxMessageSizeBytes, 48_000_000)
    assert.equal(reply.maxWriteBatchSize, 100_000)
    assert.equal(reply.logicalSessionTimeoutMinutes, 30)
    assert.equal(reply.minWireVersion, 0)
    assert.ok(reply.maxWireVersion >= 21)
    assert.ok(reply.localTime instanceof Date)
  }
})

test('hello names no replica set, so drivers expect no transactions', async () => {
  assert.equal((await contract.run({ hello: 1 })).setName, undefined)
})
