import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('distinct')

test('each value comes once, elements of arrays by themselves', async () => {
  const { collectionName } = await contract.collect([
    { _id: 1, a: [1, 2], b: { c: 'x' } },
    { _id: 2, a: 2 },
    { _id: 3, b: { c: 'y' } },
  ])
  const distinct = async (key: string, query = {}) =>
    (await contract.run({ distinct: collectionName, key, query })).values
  assert.deepEqual(new Set(await distinct('a')), new Set([1, 2]))
  assert.deepEqual(new Set(await distinct('b.c')), new Set(['x', 'y']))
  assert.deepEqual(await distinct('a', { _id: 2 }), [2])
})
