import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('drop-indexes')

test('an index goes by name, by keys, or all but _id', async () => {
  const collection = await contract.collect([{ _id: 1, a: 1 }])
  await collection.createIndexes([{ key: { a: 1 } }, { key: { b: 1 } }, { key: { c: 1 } }, { key: { d: 1 } }])
  const drop = (index: unknown) => contract.run({ dropIndexes: collection.collectionName, index })
  assert.equal((await drop('a_1')).nIndexesWas, 5)
  assert.equal((await drop({ b: 1 })).nIndexesWas, 4)
  await drop('*')
  assert.deepEqual(
    (await collection.indexes()).map(({ name }) => name),
    ['_id_'],
  )
})

test('one that is not there is code 27, and _id stays', async () => {
  const { collectionName } = await contract.collect([{ _id: 1 }])
  await contract.refuses({ dropIndexes: collectionName, index: 'none' }, 27, 'IndexNotFound')
  await contract.refuses({ dropIndexes: collectionName, index: '_id_' }, 72, 'InvalidOptions')
})
