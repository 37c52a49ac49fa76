import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JobRecord } from '#lib/db/models/job'
import { countSideBySide } from '#lib/transcode/count-side-by-side'

/** A unit that was at work from one second to another; to null, still is. */
const unit = (from: number | null, to: number | null, facts: Partial<JobRecord> = {}) => ({
  kind: 'transcode' as const,
  state: from === null ? ('queued' as const) : to === null ? ('running' as const) : ('done' as const),
  fence: from === null ? 0 : 1,
  startedAt: from === null ? null : new Date(from * 1000),
  finishedAt: to === null ? null : new Date(to * 1000),
  ...facts,
})

test('units one after the other are made by one, however many there are', () => {
  assert.equal(countSideBySide([]), 1)
  assert.equal(countSideBySide([unit(0, 2), unit(2, 6), unit(6, null), unit(null, null)]), 1)
})

test('as many as overlapped at most are made side by side, those at work now included', () => {
  assert.equal(countSideBySide([unit(0, 2), unit(2, 6), unit(3, 5)]), 2)
  assert.equal(countSideBySide([unit(0, 4), unit(1, null), unit(2, null), unit(5, null)]), 3)
})

test('sound and pictures, which go on beside every unit, do not count', () => {
  assert.equal(
    countSideBySide([unit(0, 4), unit(0, 9, { kind: 'sound' }), unit(1, 3, { kind: 'pictures' })]),
    1,
  )
})

test('while a unit waits that was begun before, nothing is to be cut into parts', () => {
  const lost = unit(null, null, { fence: 2 })
  assert.equal(countSideBySide([unit(0, 4), unit(1, null), lost]), 1)
})
