import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killDuringEncode } from './kill-during-encode.ts'

test('a kill while a video is made: it ends whole, and at most one unit is encoded again', async (t) => {
  const { figures, violations } = await killDuringEncode.run({ seed: 11, kills: 1, onProgress: () => {} })
  t.diagnostic(
    `${figures['units encoded again']} of ${figures['units encoded']} units were encoded again for one kill`,
  )
  assert.deepEqual(violations, [])
})
