import assert from 'node:assert/strict'
import test from 'node:test'
import { openContract } from '../../../support/contract.ts'

const contract = openContract('get-parameter')

test('getParameter tells the compatibility version, and refuses a name it has not', async () => {
  const admin = contract.client.db('admin')
  const { featureCompatibilityVersion } = await admin.command({
    getParameter: 1,
    featureCompatibilityVersion: 1,
  })
  assert.match(featureCompatibilityVersion.version, /^\d\.0$/)
  // MongoDB: "no option found to get"; DocumentDB answers nothing instead.
  if (!contract.isEmbedded) return
  await assert.rejects(admin.command({ getParameter: 1, noSuchParameter: 1 }))
})
