import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whyNoBtrfsLoop } from '../support/btrfs-loop.ts'
import { cutPowerTimes } from './cut-power.ts'

test('after each of two power cuts under load the mount is clean, and all that was told is so', {
  skip: process.env.MONGODB_URI ? 'is about the embedded database' : whyNoBtrfsLoop(),
}, async () => {
  const { figures, violations } = await cutPowerTimes({ seed: 5, kills: 0, images: 2, onProgress: () => {} })
  assert.deepEqual(violations, [])
  assert.ok(Number(figures['published videos looked at']) > 0, 'nothing was published before the cuts')
})
