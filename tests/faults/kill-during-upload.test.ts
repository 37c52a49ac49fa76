import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killDuringUpload } from './kill-during-upload.ts'

test('a server killed at three random bytes of uploads loses nothing it acknowledged', async () => {
  const { violations } = await killDuringUpload.run({ seed: 2, kills: 3, onProgress: () => {} })
  assert.deepEqual(violations, [])
})
