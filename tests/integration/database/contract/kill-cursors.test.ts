import assert from 'node:assert/strict'
import test from 'node:test'
import { Long } from 'mongodb'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('kill-cursors')

test('a killed cursor is gone, and one that never was is reported as not found', async () => {
  const { collectionName } = await contract.collect(Array.from({ length: 10 }, (_, i) => ({ _id: i })))
  const { cursor } = await contract.run({ find: collectionName, batchSize: 2 })
  const id = Long.fromString(String(cursor.id))
  const none = Long.fromNumber(4242)
  const reply = await contract.run({ killCursors: collectionName, cursors: [id, none] })
  // DocumentDB counts a cursor that never was as killed; MongoDB's manual lists it under cursorsNotFound.
  if (!contract.isEmbedded) return
  assert.deepEqual(reply.cursorsKilled.map(String), [String(id)])
  assert.deepEqual(reply.cursorsNotFound.map(String), ['4242'])
  await contract.refuses({ getMore: id, collection: collectionName }, 43, 'CursorNotFound')
})
