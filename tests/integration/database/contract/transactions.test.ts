import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('transactions')

test('a transaction is refused with code 20 and leaves nothing behind', async (t) => {
  if (!contract.isEmbedded) return t.skip('DocumentDB has its own answer')
  const collection = await contract.collect([])
  // MongoDB manual, "Transactions": on a standalone server they fail with IllegalOperation (20).
  const session = contract.client.startSession()
  await assert.rejects(
    session.withTransaction(() => collection.insertOne({ a: 1 }, { session })),
    (error: { originalError?: { code: number } }) => error.originalError?.code === 20,
  )
  await session.endSession()
  assert.equal(await collection.countDocuments({}), 0)
})

test('what is not offered is refused by name', async () => {
  await contract.refuses({ noSuchCommand: 1 }, 59, 'CommandNotFound')
  if (!contract.isEmbedded) return
  for (const name of ['shardCollection', 'replSetGetStatus', 'mapReduce']) {
    await contract.refuses({ [name]: 1 }, 59, 'CommandNotFound')
  }
})
