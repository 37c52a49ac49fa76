import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Seam, UnitResult } from '#lib/domain/encode-plan'
import { emptyLane } from '#lib/domain/lane-state'
import { judgeSeam } from '#lib/transcode/judge-seam'

const SEAM = { ticks: 1_080_000, checksum: '0x1234abcd' }

function judge(tail: Seam | null, head: Seam | null, seek: boolean, startTicks = 1_083_600) {
  const lane = { ...emptyLane(), unit: 1, tail, lastTicks: 1_080_000 }
  const unit = { index: 1, head, segments: [{ number: 1, startTicks }] } as UnitResult
  return judgeSeam(lane, unit, seek)
}

test('a border is proven when both sides saw the same last picture', () => {
  assert.equal(judge(SEAM, { ...SEAM }, true), 'proven')
})

test('another time on one side is a border that is not proven, whether or not the unit was sought', () => {
  for (const seek of [true, false]) assert.equal(judge(SEAM, { ...SEAM, ticks: 1_076_400 }, seek), 'unproven')
})

test('another picture at the same time proves nothing after seeking, and is damage after decoding from the beginning', () => {
  const other = { ...SEAM, checksum: '0x0' }
  assert.equal(judge(SEAM, other, true), 'unproven')
  assert.equal(judge(SEAM, other, false), 'proven')
})

test('no picture on either side is a gap only where nothing was sought', () => {
  assert.equal(judge(null, null, true), 'unproven')
  assert.equal(judge(null, null, false), 'proven')
  assert.equal(judge(SEAM, null, false), 'unproven')
})

test('a unit that begins before what is assembled ends repeats frames', () => {
  assert.equal(judge(SEAM, { ...SEAM }, false, 1_080_000), 'unproven')
})
