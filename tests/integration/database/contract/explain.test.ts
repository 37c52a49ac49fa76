import assert from 'node:assert/strict'
import test from 'node:test'
import type { Document } from 'mongodb'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('explain')

test('explain names the index of equality, range, $in, prefix and sort, and the scan where there is none', async (t) => {
  if (!contract.isEmbedded) return t.skip('DocumentDB’s gateway has no explain command')
  const collection = await contract.collect(
    Array.from({ length: 50 }, (_, i) => ({ _id: i, a: i % 5, b: i, s: `t${i}` })),
  )
  await collection.createIndexes([{ key: { a: 1, b: -1 } }, { key: { s: 1 } }])
  const used: [Document, Document, string | null][] = [
    [{ a: 1 }, {}, 'a_1_b_-1'],
    [{ a: { $in: [1, 2] } }, {}, 'a_1_b_-1'],
    [{ a: 1, b: { $gt: 3 } }, {}, 'a_1_b_-1'],
    [{ s: { $regex: '^t1' } }, {}, 's_1'],
    [{ s: { $gte: 't2', $lt: 't3' } }, {}, 's_1'],
    [{ _id: 7 }, {}, '_id_'],
    [{}, { s: 1 }, 's_1'],
    [{ a: 2 }, { b: 1 }, 'a_1_b_-1'],
    [{ b: 1 }, {}, null],
  ]
  for (const [filter, sort, index] of used) {
    const { queryPlanner, executionStats } = await collection
      .find(filter)
      .sort(sort as never)
      .explain('executionStats')
    const scan = innermost(queryPlanner.winningPlan)
    assert.equal(scan.indexName ?? null, index, JSON.stringify(filter))
    assert.equal(scan.stage, index ? 'IXSCAN' : 'COLLSCAN')
    const expected = await collection.countDocuments(filter)
    assert.equal(executionStats.nReturned, expected)
    if (filter.a === 1) assert.equal(executionStats.totalDocsExamined, expected)
  }
})

test('a sort without an index is a stage of its own, and backwards reading is said', async (t) => {
  if (!contract.isEmbedded) return t.skip('DocumentDB’s gateway has no explain command')
  const collection = await contract.collect([{ _id: 1, a: 1 }])
  await collection.createIndex({ a: 1 })
  const unsorted = await collection.find({}).sort({ b: 1 }).explain('queryPlanner')
  assert.equal(unsorted.queryPlanner.winningPlan.stage, 'SORT')
  const backward = await collection.find({}).sort({ a: -1 }).explain('queryPlanner')
  assert.equal(innermost(backward.queryPlanner.winningPlan).direction, 'backward')
})

test('update, delete, findAndModify, count, distinct and aggregate are explained and change nothing', async (t) => {
  if (!contract.isEmbedded) return t.skip('DocumentDB’s gateway has no explain command')
  const collection = await contract.collect([{ _id: 1, a: 1 }])
  await collection.createIndex({ a: 1 })
  const name = collection.collectionName
  const commands = [
    { update: name, updates: [{ q: { a: 1 }, u: { $set: { b: 1 } } }] },
    { delete: name, deletes: [{ q: { a: 1 }, limit: 0 }] },
    { findAndModify: name, query: { a: 1 }, remove: true },
    { count: name, query: { a: 1 } },
    { distinct: name, key: 'a', query: { a: 1 } },
    { aggregate: name, pipeline: [{ $match: { a: 1 } }], cursor: {} },
  ]
  for (const explain of commands) {
    const reply = await contract.run({ explain, verbosity: 'queryPlanner' })
    assert.equal(innermost(reply.queryPlanner.winningPlan).indexName, 'a_1', JSON.stringify(explain))
  }
  assert.deepEqual(await collection.find({}).toArray(), [{ _id: 1, a: 1 }])
  await contract.refuses({ explain: { insert: name, documents: [{}] } }, 59)
})

function innermost(plan: Document): Document {
  return plan.inputStage ? innermost(plan.inputStage) : plan
}
