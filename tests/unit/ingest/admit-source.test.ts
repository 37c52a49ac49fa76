import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SourceProbe, SourceVideo } from '#lib/domain/source-probe'
import type { ErrorCode } from '#lib/error-codes'
import { isPeekrError } from '#lib/errors'
import { admitSource } from '#lib/ingest/admit-source'

const video: SourceVideo = {
  streamIndex: 0,
  codec: 'h264',
  profile: 'High',
  level: 40,
  pixelFormat: 'yuv420p',
  bitDepth: 8,
  codedWidth: 1920,
  codedHeight: 1080,
  width: 1080,
  height: 1920,
  rotationDegrees: 90,
  frameRate: 30,
  frameCount: 300,
  startSeconds: 0,
  durationSeconds: 10,
  interlaced: false,
  colorTransfer: null,
  colorPrimaries: null,
  colorSpace: null,
}
const audio = {
  streamIndex: 1,
  codec: 'aac',
  channels: 2,
  sampleRate: 48000,
  startSeconds: 0,
  durationSeconds: 10,
}
const probe: SourceProbe = {
  container: 'mov,mp4',
  durationSeconds: 10,
  startSeconds: 0,
  streamCount: 2,
  video,
  audio,
  hasCoverArt: false,
}

function assertRefused(claims: Partial<SourceProbe>, code: ErrorCode, sizeBytes = 1000): void {
  const isRefusal = (error: unknown) => {
    assert.ok(isPeekrError(error))
    assert.equal(error.code, code)
    assert.match(error.message, /^[A-Z].*\.$/)
    return true
  }
  assert.throws(() => admitSource({ ...probe, ...claims }, sizeBytes), isRefusal)
}

test('an ordinary video is admitted with its shown size', () => {
  const { width, height } = admitSource(probe, 1000)
  assert.deepEqual([width, height], [1080, 1920])
})

test('a video of unknown length is admitted', () => {
  assert.equal(admitSource({ ...probe, durationSeconds: null }, 1000).durationSeconds, null)
})

test('what is not a watchable video is refused with its own reason', () => {
  assertRefused({}, 'source_empty', 0)
  assertRefused({ video: null }, 'source_audio_only')
  assertRefused({ video: null, hasCoverArt: true }, 'source_audio_only')
  assertRefused({ video: null, audio: null }, 'source_not_video')
  assertRefused({ streamCount: 60 }, 'source_too_complex')
  assertRefused({ durationSeconds: 25 * 3600 }, 'source_too_complex')
  assertRefused({ video: { ...video, codedWidth: 16384, codedHeight: 16384 } }, 'source_too_complex')
  assertRefused({ video: { ...video, codedWidth: 30000, codedHeight: 100 } }, 'source_too_complex')
})
