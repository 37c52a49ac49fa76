import assert from 'node:assert/strict'
import { test } from 'node:test'
import { estimateSecondsLeft, startTransferSpeed, updateTransferSpeed } from '#lib/domain/transfer-speed'

test('a steady transfer reads its own speed, whatever the rhythm of readings', () => {
  let speed = startTransferSpeed(0, 0)
  for (const atMs of [100, 150, 900, 1000, 4000]) speed = updateTransferSpeed(speed, atMs * 2, atMs)
  assert.ok(Math.abs((speed.bytesPerSecond ?? 0) - 2000) < 1e-6)
  assert.ok(Math.abs((estimateSecondsLeft(speed, 18_000) ?? 0) - 5) < 1e-6)
})

test('one slow moment does not halve the estimate', () => {
  let speed = updateTransferSpeed(startTransferSpeed(0, 0), 10_000, 1000)
  speed = updateTransferSpeed(speed, 10_000, 1500)
  assert.ok((speed.bytesPerSecond ?? 0) > 9000)
})

test('a transfer that was set back starts anew instead of reading a negative speed', () => {
  const speed = updateTransferSpeed({ atMs: 0, sentBytes: 500, bytesPerSecond: 100 }, 200, 1000)
  assert.deepEqual(speed, { atMs: 1000, sentBytes: 200, bytesPerSecond: null })
  assert.equal(estimateSecondsLeft(speed, 1000), null)
})
