import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { planParts } from '../../../app/_components/upload/plan-parts.ts'

const MIB = 1024 ** 2

test('a file is sent in one stream when the server is near, the file is small, or the connections are taken', () => {
  const far = { sizeBytes: 900 * MIB, roundTripMs: 120, others: 0 }
  assert.equal(planParts(far)?.length, 3)
  assert.equal(planParts({ ...far, roundTripMs: 5 }), null)
  assert.equal(planParts({ ...far, roundTripMs: null }), null)
  assert.equal(planParts({ ...far, sizeBytes: 100 * MIB }), null)
  assert.equal(planParts({ ...far, others: 3 }), null)
  assert.equal(planParts({ ...far, others: 1 })?.length, 3)
  assert.equal(planParts({ ...far, sizeBytes: 140 * MIB })?.length, 2)
})

test('parts follow one another to the last byte, and meet on multiples of 64 KiB', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 50_000 * MIB }),
      fc.integer({ min: 0, max: 5 }),
      (sizeBytes, others) => {
        const parts = planParts({ sizeBytes, roundTripMs: 100, others })
        if (parts === null) return
        assert.equal(parts[0]?.start, 0)
        assert.equal(parts.at(-1)?.end, sizeBytes)
        for (const [index, { start, end }] of parts.entries()) {
          assert.ok(end > start)
          assert.equal(start % (64 * 1024), 0)
          if (index > 0) assert.equal(start, parts[index - 1]?.end)
        }
      },
    ),
  )
})
