import assert from 'node:assert/strict'
import { test } from 'node:test'
import { finishManyTimes } from './finish-many-times.ts'

test('uploads whose server is killed at the last byte become one video each, also when finish comes 50 times', async () => {
  const { violations } = await finishManyTimes.run({ seed: 2, kills: 2, onProgress: () => {} })
  assert.deepEqual(violations, [])
})
