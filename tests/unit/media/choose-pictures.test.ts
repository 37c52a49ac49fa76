import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { chooseMoments, choosePoster } from '#lib/media/pictures/choose-pictures'
import { measurePicture } from '#lib/media/pictures/measure-picture'
import type { Scene } from '#lib/media/pictures/survey-source'

const SIZE = { width: 64, height: 36 }

/** A frame whose brightness is `paint`, in colours that change from left to right. */
function drawFrame(paint: (x: number, y: number) => number): Uint8Array {
  const { width, height } = SIZE
  const luma = Array.from({ length: width * height }, (_, at) => paint(at % width, Math.floor(at / width)))
  const chroma = Array.from({ length: (width * height) / 2 }, (_, at) => 100 + ((at * 7) % 60))
  return Uint8Array.from([...luma, ...chroma])
}

const scene = (timeSeconds: number, paint: (x: number, y: number) => number): Scene => ({
  timeSeconds,
  ...measurePicture(drawFrame(paint), SIZE),
})

const sharp = (x: number, y: number) => 40 + ((x * 37 + y * 91) % 170)
const blurred = (x: number, y: number) => 60 + x + y
const speck = (x: number, y: number) => (x < 6 && y < 3 ? 230 : 3)

test('the poster is the sharp picture, not the black, white, blank or blurred one, nor a title on black', () => {
  const scenes = [
    scene(0, () => 0),
    scene(2, () => 255),
    scene(4, () => 120),
    scene(6, speck),
    scene(8, blurred),
    scene(10, sharp),
    scene(12, blurred),
    scene(20, () => 2),
  ]
  const [best, ...others] = choosePoster(scenes)
  assert.equal(best?.timeSeconds, 10)
  assert.deepEqual(
    others.slice(0, 2).map(({ timeSeconds }) => timeSeconds),
    [8, 12],
  )
})

test('a video of nothing but black still has a poster', () => {
  assert.equal(choosePoster([scene(0, () => 0), scene(2, () => 0)]).length, 2)
})

test('of equally good pictures the one at the very beginning is not taken', () => {
  assert.notEqual(choosePoster([0, 10, 20, 30].map((time) => scene(time, sharp)))[0]?.timeSeconds, 0)
})

test('moments of a hover clip lie in the video, in order, and never overlap', () => {
  const times = fc.uniqueArray(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(times, fc.integer({ min: 1, max: 60 }), (list, rest) => {
      const scenes = list.sort((left, right) => left - right).map((time) => scene(time, sharp))
      const end = (list.at(-1) ?? 0) + rest
      const moments = chooseMoments(scenes, end)
      let from = 0
      for (const { startSeconds, lengthSeconds } of moments) {
        assert.ok(startSeconds >= from && lengthSeconds > 0)
        from = startSeconds + lengthSeconds
      }
      assert.ok(from <= end + 1e-9, `${from} in ${end}`)
    }),
  )
})
