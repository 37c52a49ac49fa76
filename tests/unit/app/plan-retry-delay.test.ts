import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { planRetryDelayMs } from '../../../app/_components/upload/plan-retry-delay.ts'

test('the first retry comes at once, the others ever later, and none later than forty seconds by itself', () => {
  const delays = Array.from({ length: 20 }, (_, attempt) => planRetryDelayMs(attempt, undefined, 0.5))
  assert.deepEqual(delays.slice(0, 7), [0, 1000, 3000, 5000, 10_000, 20_000, 30_000])
  fc.assert(
    fc.property(fc.nat(10_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
      const delayMs = planRetryDelayMs(attempt, undefined, random)
      assert.ok(delayMs >= 0 && delayMs <= 40_000)
    }),
  )
})

test('what a server asks for is waited for, within reason, and what cannot be read is no answer', () => {
  assert.equal(planRetryDelayMs(0, '7', 0), 7000)
  assert.equal(planRetryDelayMs(6, '7', 0.5), 30_000)
  assert.equal(planRetryDelayMs(0, '86400', 0), 900_000)
  for (const header of ['', '-5', 'soon', 'Wed, 21 Oct 2026 07:28:00 GMT', undefined])
    assert.equal(planRetryDelayMs(0, header, 0), 0)
})
