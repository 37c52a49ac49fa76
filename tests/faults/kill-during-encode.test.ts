import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killDuringEncode } from './kill-during-encode.ts'

test('two kills while videos are made: both end whole, and at most one unit a kill is encoded again', async (t) => {
  const { figures, violations } = await killDuringEncode.run({ seed: 11, kills: 2, onProgress: () => {} })
  t.diagnostic(
    `${figures['units encoded again']} of ${figures['units encoded']} units were encoded again for 2 kills`,
  )
  assert.deepEqual(violations, [])
})
