import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('end-sessions')

test('sessions may be ended, known or not', async () => {
  const session = contract.client.startSession()
  const collection = await contract.collect([{ _id: 1 }])
  assert.equal(await collection.countDocuments({}, { session }), 1)
  await session.endSession()
  assert.equal((await contract.client.db('admin').command({ endSessions: [] })).ok, 1)
})
