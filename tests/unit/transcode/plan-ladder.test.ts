import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isStreamablePath } from '#lib/domain/media-paths'
import { planLadder } from '#lib/transcode/plan-ladder'

const side = fc.integer({ min: 1, max: 8192 })
const source = fc.record({
  width: side,
  height: side,
  frameRate: fc.option(fc.double({ min: 1, max: 240, noNaN: true })),
})

test('every ladder is even, descending, never above the source, and has at least one rung', () => {
  fc.assert(
    fc.property(source, (given) => {
      const rungs = planLadder(given)
      assert.ok(rungs.length >= 1)
      for (const [index, { width, height, maxBitrateBps }] of rungs.entries()) {
        assert.equal((width % 2) + (height % 2), 0)
        assert.ok(width <= Math.max(16, given.width, (given.width * 16) / given.height))
        assert.ok(height <= Math.max(16, given.height, (given.height * 16) / given.width))
        assert.ok(maxBitrateBps >= 100_000)
        const above = rungs[index - 1]
        if (above) assert.ok(Math.min(width, height) < Math.min(above.width, above.height))
      }
    }),
  )
})

test('the aspect ratio is kept to within the rounding to even sides', () => {
  fc.assert(
    fc.property(source, (given) => {
      fc.pre(Math.min(given.width, given.height) >= 16)
      const [long, short] = [Math.max(given.width, given.height), Math.min(given.width, given.height)]
      for (const rung of planLadder(given)) {
        const [rungLong, rungShort] = [Math.max(rung.width, rung.height), Math.min(rung.width, rung.height)]
        assert.ok(Math.abs(rungLong - (long * rungShort) / short) <= 2)
        if (given.width !== given.height)
          assert.equal(
            rung.width > rung.height || rungLong === rungShort,
            given.width > given.height || rungLong === rungShort,
          )
      }
    }),
  )
})

test('every name is one that may be streamed', () => {
  fc.assert(
    fc.property(source, (given) => {
      for (const { name } of planLadder(given)) assert.ok(isStreamablePath(`${name}/media.m3u8`), name)
    }),
  )
})

const names = (width: number, height: number) =>
  planLadder({ width, height, frameRate: 30 }).map(({ name }) => name)

test('standard sources get the standard sizes below them, portrait or not', () => {
  assert.deepEqual(names(1920, 1080), ['1080p', '720p', '480p', '360p', '240p'])
  assert.deepEqual(names(1080, 1920), ['1080p', '720p', '480p', '360p', '240p'])
  assert.deepEqual(names(640, 480), ['480p', '360p', '240p'])
  assert.equal(names(4096, 2160)[0], '2160p')
  assert.equal(names(7680, 4320)[0], '2160p')
})

test('a size between two standards keeps its own as the top rung', () => {
  assert.deepEqual(names(768, 576), ['576p', '480p', '360p', '240p'])
  assert.equal(names(1920, 1088)[0], '1080p')
})

test('a small source is encoded at its own size', () => {
  assert.deepEqual(
    planLadder({ width: 161, height: 121, frameRate: null }).map(({ width, height }) => [width, height]),
    [[160, 120]],
  )
})

test('twice the frames get half as many bits again', () => {
  const at = (frameRate: number) => planLadder({ width: 1920, height: 1080, frameRate })[0]?.maxBitrateBps
  assert.equal(at(30), 5_000_000)
  assert.equal(at(60), 7_500_000)
  assert.equal(at(240), 7_500_000)
})

test('the sizes and the quality that are set are those of every rung, and nothing larger than them is made', () => {
  const settings = { shortSides: [360, 720], crf: 20 }
  const made = (width: number, height: number) => planLadder({ width, height, frameRate: 30 }, settings)
  assert.deepEqual(
    made(1920, 1080).map(({ name, crf }) => `${name} ${crf}`),
    ['720p 20', '360p 20'],
  )
  assert.deepEqual(
    made(1080, 608).map(({ name }) => name),
    ['608p', '360p'],
  )
  assert.deepEqual(
    made(320, 240).map(({ name }) => name),
    ['240p'],
  )
})
