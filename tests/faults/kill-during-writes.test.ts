import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configureLog } from '#lib/log'
import { runKillsDuringWrites } from './kill-during-writes.ts'

configureLog('silent')

test('a database killed five times during mixed writes loses nothing it acknowledged', async () => {
  const { figures, violations } = await runKillsDuringWrites({ seed: 5, kills: 5, onProgress: () => {} })
  assert.deepEqual(violations, [])
  assert.ok(Number(figures['acknowledged writes']) >= 5)
})
