import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killDuringReplace } from './kill-during-replace.ts'

test('a worker killed twice while a new file is taken leaves the old video or the new one, and both files', async () => {
  const { violations } = await killDuringReplace.run({ seed: 5, kills: 2, onProgress: () => {} })
  assert.deepEqual(violations, [])
})
