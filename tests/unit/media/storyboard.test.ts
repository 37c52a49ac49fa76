import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { planStoryboard } from '#lib/media/pictures/plan-storyboard'
import type { Scene } from '#lib/media/pictures/survey-source'
import { buildStoryboardIndex } from '#lib/media/pictures/write-storyboard-index'

const at = (timeSeconds: number) => ({ timeSeconds }) as Scene

test('a storyboard stays small however long the video and whatever its shape', () => {
  const size = fc.integer({ min: 2, max: 8704 })
  fc.assert(
    fc.property(size, size, fc.double({ min: 0.04, max: 86_400, noNaN: true }), (width, height, seconds) => {
      const plan = planStoryboard({ width, height }, seconds)
      assert.ok(Math.max(plan.tileWidth, plan.tileHeight) <= 160)
      assert.ok(
        plan.tileWidth % 2 === 0 && plan.tileHeight % 2 === 0 && plan.tileWidth > 0 && plan.tileHeight > 0,
      )
      assert.ok(seconds / plan.intervalSeconds <= 400.001)
      assert.ok(plan.rows >= 1 && plan.rows <= 8)
    }),
  )
  assert.deepEqual(planStoryboard({ width: 1920, height: 1080 }, 600), {
    ...{ tileWidth: 160, tileHeight: 90, columns: 8, rows: 8, intervalSeconds: 2 },
  })
  assert.equal(planStoryboard({ width: 1080, height: 1920 }, 7200).tileWidth, 90)
})

test('every moment has one picture: cues follow one another from 0 to the end, across sprites', () => {
  const plan = { tileWidth: 160, tileHeight: 90, columns: 2, rows: 2, intervalSeconds: 2 }
  const scenes = [0.04, 2, 4.5, 3599.9996, 3700].map(at)
  assert.equal(
    buildStoryboardIndex(plan, { scenes, endSeconds: 3710.25 }),
    `WEBVTT

00:00:00.000 --> 00:00:02.000
storyboard-0.jpg#xywh=0,0,160,90

00:00:02.000 --> 00:00:04.500
storyboard-0.jpg#xywh=160,0,160,90

00:00:04.500 --> 01:00:00.000
storyboard-0.jpg#xywh=0,90,160,90

01:00:00.000 --> 01:01:40.000
storyboard-0.jpg#xywh=160,90,160,90

01:01:40.000 --> 01:01:50.250
storyboard-1.jpg#xywh=0,0,160,90
`,
  )
})
