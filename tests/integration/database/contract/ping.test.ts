import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('ping')

test('ping is answered in every database', async () => {
  for (const name of ['admin', 'peekr-other']) {
    assert.equal((await contract.client.db(name).command({ ping: 1 })).ok, 1)
  }
})
