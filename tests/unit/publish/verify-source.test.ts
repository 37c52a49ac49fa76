import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DecodedSource } from '#lib/domain/encoding'
import type { SourceProbe } from '#lib/domain/source-probe'
import { isPeekrError } from '#lib/errors'
import { verifySource } from '#lib/publish/verify-source'

const video = { frameRate: 30, frameCount: 300, startSeconds: 0, durationSeconds: 10 } as SourceProbe['video']
const probe = { durationSeconds: 10, startSeconds: 0, video } as SourceProbe

function verdict(
  durationSeconds: number,
  decoded: Partial<DecodedSource>,
  source = probe,
): string | number | null {
  try {
    const whole = { frameCount: 300, damaged: false, endMissing: false, ...decoded }
    return verifySource(source, { durationSeconds, decoded: whole })
  } catch (error) {
    assert.ok(isPeekrError(error))
    return error.code
  }
}

test('a whole source passes with all of its frames', () => {
  assert.equal(verdict(10, {}), 1)
})

test('damage in the middle is tolerated above 98 % of the frames', () => {
  assert.equal(verdict(10, { frameCount: 295, damaged: true }), 295 / 300)
  assert.equal(verdict(10, { frameCount: 290, damaged: true }), 'source_corrupt')
})

test('a missing end is not, however little is missing', () => {
  assert.equal(verdict(5, { frameCount: 150, endMissing: true }), 'source_truncated')
  assert.equal(verdict(9.85, { frameCount: 296, endMissing: true }), 'source_truncated')
})

test('a container that says nothing about its missing end is measured by time', () => {
  assert.equal(verdict(5, { frameCount: 150 }), 'source_truncated')
})

test('fewer frames than indexed are fine when nothing complained: edit lists and dropped frames', () => {
  assert.equal(verdict(10, { frameCount: 150 }), 0.5)
})

test('a file that declares nothing is not judged by what it did not declare', () => {
  const silent = {
    ...probe,
    durationSeconds: null,
    video: { ...video, durationSeconds: null, frameCount: null },
  }
  assert.equal(verdict(3, { frameCount: 90 }, silent as SourceProbe), null)
})
