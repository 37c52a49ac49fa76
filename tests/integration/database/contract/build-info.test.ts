import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('build-info')

test('buildInfo has a version in both forms', async () => {
  const { version, versionArray, maxBsonObjectSize, ok } = await contract.run({ buildInfo: 1 })
  assert.equal(ok, 1)
  assert.equal(version, versionArray.slice(0, 3).join('.'))
  assert.equal(maxBsonObjectSize, 16 * 1024 * 1024)
})
