import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { SourceProbe } from '#lib/domain/source-probe'
import { planBoundaries, planUnits, planWhole } from '#lib/transcode/plan-units'

const probe = (durationSeconds: number | null, container = 'mov,mp4,m4a,3gp,3g2,mj2'): SourceProbe => ({
  container,
  durationSeconds,
  startSeconds: 0,
  streamCount: 1,
  video: null,
  audio: null,
  hasCoverArt: false,
})

test('the first segment takes 2 s, every other 4 s', () => {
  assert.deepEqual(planBoundaries(11).slice(0, 5), [0, 2, 6, 10, 14])
})

test('units cover a source of any length without a hole or an overlap, each on a segment boundary', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.04, max: 90_000, noNaN: true }), fc.boolean(), (seconds, sought) => {
      const { units, boundaries } = planUnits(probe(seconds, sought ? 'mp4' : 'mpegts'))
      assert.equal(units[0]?.startSeconds, 0)
      assert.equal(units.at(-1)?.endSeconds, null, 'the last takes whatever is there')
      for (const [at, unit] of units.entries()) {
        assert.equal(unit.index, at)
        assert.equal(boundaries[unit.firstSegment], unit.startSeconds)
        if (at > 0) assert.equal(units[at - 1]?.endSeconds, unit.startSeconds)
      }
    }),
  )
})

test('units grow from one segment to six, so that play begins early and the pauses between them cost little', () => {
  const { units } = planUnits(probe(600))
  assert.deepEqual(
    units.slice(0, 6).map(({ startSeconds, endSeconds }) => (endSeconds ?? 0) - startSeconds),
    [2, 4, 8, 16, 24, 24],
  )
})

test('what cannot be sought is the short first unit and the rest', () => {
  for (const source of [probe(600, 'mpegts'), probe(600, 'mpeg'), probe(null), probe(8)]) {
    const { units, seek } = planUnits(source)
    assert.equal(seek, false)
    assert.deepEqual(
      units.map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds]),
      [
        [0, 2],
        [2, null],
      ],
    )
  }
})

test('boundaries that come with a copy are kept as they are, and units beside it are large at once: nobody waits for them', () => {
  const given = [0, 1.9, 7.3, 12.8, 18.1, 24.4, 29.9, 36, 41, 46, 51]
  const { boundaries, units } = planUnits(probe(55), given)
  assert.deepEqual(boundaries, given)
  assert.deepEqual(
    units.map(({ startSeconds }) => startSeconds),
    [0, 29.9],
  )
})

test('a plan made anew keeps the units that are assembled and makes one of the rest', () => {
  const { units, boundaries } = planUnits(probe(600))
  const again = planWhole(boundaries, units.slice(0, 3))
  assert.deepEqual(again.slice(0, 3), units.slice(0, 3))
  assert.deepEqual(again.slice(3), [{ index: 3, startSeconds: 14, endSeconds: null, firstSegment: 4 }])
})
