import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killDuringRestore } from './kill-during-restore.ts'

test('a process killed six times while it changes, restores, deletes and snapshots leaves old or new', async () => {
  const { violations } = await killDuringRestore.run({ seed: 11, kills: 6, onProgress: () => {} })
  assert.deepEqual(violations, [])
})
