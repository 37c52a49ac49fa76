import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LadderRung } from '#lib/domain/rendition'
import { measureShare } from '#lib/transcode/measure-share'
import { measureSpeed } from '#lib/transcode/measure-speed'
import { planOrder } from '#lib/transcode/plan-order'

const rung = (name: string, width: number, height: number): LadderRung => ({
  name,
  width,
  height,
  maxBitrateBps: 1,
})
const unit = (index: number) => ({
  index,
  startSeconds: index * 4,
  endSeconds: index * 4 + 4,
  firstSegment: index,
})
const plan = {
  rungs: [rung('720p', 1280, 720), rung('360p', 640, 360), rung('240p', 426, 240)],
  lowRungs: ['360p', '240p'],
  units: [0, 1, 2].map(unit),
}
const order = (done: string[], speed: number | null, watched: boolean, canStart: boolean | null = true) =>
  planOrder({ plan, done: new Set(done), speed, watched, canStart })

test('the low rungs of the first unit come before everything, then all rungs of a unit together', () => {
  assert.deepEqual(order([], 2, false), ['0-low', '0-high', '1-all', '2-all'])
  assert.deepEqual(order(['0-low'], 0.5, false), ['0-high', '1-all', '2-all'])
})

test('until the speed of the machine is known, the second unit’s low rungs are the lead of whoever comes', () => {
  assert.deepEqual(order([], null, false, null), ['0-low', '1-low', '0-high', '1-high', '2-all'])
  assert.deepEqual(order(['0-low', '1-low'], null, false), ['0-high', '1-high', '2-all'])
})

test('where a viewer could not begin without running dry, the low rungs come first, watched or not', () => {
  assert.deepEqual(order(['0-low'], null, false, false), ['1-low', '2-low', '0-high', '1-high', '2-high'])
  assert.deepEqual(
    order(['0-low'], 2, false, false),
    ['0-high', '1-all', '2-all'],
    'a fast one stays in order',
  )
})

test('what is left for fewer units than are made at the same time is shared out in parts, the larger first', () => {
  const share = (done: string[], sideBySide: number) =>
    planOrder({ plan, done: new Set(done), speed: 2, watched: false, canStart: true, sideBySide })
  assert.deepEqual(share(['0-low', '0-high'], 2), ['1-all', '2-all'])
  assert.deepEqual(share(['0-low', '0-high', '1-all'], 2), ['2-high', '2-low'])
  assert.deepEqual(share(['0-low', '0-high', '1-all'], 1), ['2-all'])
  assert.deepEqual(share(['0-low', '0-high', '1-all', '2-high'], 2), ['2-low'])
  assert.deepEqual(share(['0-low', '0-high'], 3), ['1-high', '1-low', '2-high', '2-low'])
})

test('on a slow machine the low rungs run ahead of whoever watches, and the others follow', () => {
  assert.deepEqual(order(['0-low'], 0.8, true), ['1-low', '2-low', '0-high', '1-high', '2-high'])
  assert.deepEqual(order(['0-low', '0-high', '1-all'], 0.8, true), ['2-low', '2-high'])
  assert.deepEqual(order(['0-low'], 2, true), ['0-high', '1-all', '2-all'], 'a fast one stays in order')
})

test('what was made in parts is finished in parts once nobody watches any more', () => {
  assert.deepEqual(order(['0-low', '0-high', '1-low'], 0.8, false), ['1-high', '2-all'])
})

test('a ladder without high rungs has one part', () => {
  const small = { ...plan, lowRungs: ['720p', '360p', '240p'] }
  const facts = { plan: small, done: new Set<string>(), speed: null, canStart: null }
  assert.deepEqual(planOrder({ ...facts, watched: false }), ['0-low', '1-low', '2-low'])
  assert.deepEqual(planOrder({ ...facts, watched: true }), ['0-low', '1-low', '2-low'])
})

test('the speed is that of the latest unit of which all rungs are made', () => {
  assert.equal(measureSpeed(plan, {}), null)
  assert.equal(measureSpeed(plan, { '0-low': 4 }), null)
  assert.equal(measureSpeed(plan, { '0-low': 4, '0-high': 4 }), 2)
  assert.equal(measureSpeed(plan, { '0-low': 4, '0-high': 4, '1-all': 0.9 }), 0.9)
})

test('progress counts seconds and pixels, and a unit made twice once', () => {
  assert.equal(measureShare(plan, 12, []), 0)
  assert.ok(Math.abs(measureShare(plan, 12, ['0-all']) - 1 / 3) < 1e-9)
  assert.equal(measureShare(plan, 12, ['0-all', '0-low']), measureShare(plan, 12, ['0-all']))
  assert.equal(measureShare(plan, 12, ['0-low', '0-high', '1-all', '2-all']), 1)
})
