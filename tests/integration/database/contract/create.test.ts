import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('create')

test('a collection is made empty, and options that would change its nature are refused', async () => {
  assert.equal((await contract.run({ create: 'fresh' })).ok, 1)
  assert.equal((await contract.db.listCollections({ name: 'fresh' }).toArray()).length, 1)
  if (!contract.isEmbedded) return
  await contract.refuses({ create: 'capped', capped: true, size: 1000 }, 72, 'InvalidOptions')
  await contract.refuses({ create: 'bad$name' }, 73, 'InvalidNamespace')
})
