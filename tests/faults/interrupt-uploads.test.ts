import assert from 'node:assert/strict'
import { test } from 'node:test'
import { interruptUploads } from './interrupt-uploads.ts'

test('an upload interrupted 12 times in every way arrives as it was', async () => {
  const { violations } = await interruptUploads.run({ seed: 5, kills: 12, onProgress: () => {} })
  assert.deepEqual(violations, [])
})
