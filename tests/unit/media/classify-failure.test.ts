import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classifyFailure, type FailureReason, failureCode, isNvencFailure } from '#lib/media/classify-failure'

const SAID: [string, FailureReason][] = [
  ['[error] Invalid data found when processing input\nExiting normally, received signal 15.', 'killed'],
  ['[h264_nvenc @ 0x1] [error] Cannot load libcuda.so.1', 'nvenc_no_device'],
  ['[h264_nvenc @ 0x1] [error] No capable devices found', 'nvenc_no_device'],
  [
    '[h264_nvenc @ 0x1] [error] OpenEncodeSessionEx failed: out of memory (10): (no details)',
    'nvenc_session_limit',
  ],
  ['[h264_nvenc @ 0x1] [error] OpenEncodeSessionEx failed: unsupported device (2)', 'nvenc_no_device'],
  [
    '[h264_nvenc @ 0x1] [error] Driver does not support the required nvenc API version. Required: 11.1 Found: 10.0',
    'nvenc_driver_old',
  ],
  [
    '[AVHWDeviceContext @ 0x1] [error] cu->cuInit(0) failed -> CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected',
    'nvenc_no_device',
  ],
  [
    '[h264 @ 0x1] [error] decoder->cvdl->cuvidCreateDecoder(&decoder->decoder, params) failed -> CUDA_ERROR_NOT_SUPPORTED: operation not supported',
    'nvenc_decoder',
  ],
  ['[h264_nvenc @ 0x1] [error] EncodePicture failed!: generic error (20)', 'nvenc_failed'],
  ['[error] av_interleaved_write_frame(): No space left on device', 'disk_full'],
  [
    '[mov,mp4,m4a,3gp,3g2,mj2 @ 0x1] moov atom not found\nInvalid data found when processing input',
    'source_truncated',
  ],
  ['[error] file:/input/source: Invalid data found when processing input', 'source_not_media'],
  ['[hls @ 0x1] [error] Format not on whitelist', 'source_not_media'],
  ['[magicyuv @ 0x1] [error] Codec (magicyuv) not on whitelist', 'source_no_decoder'],
  ["[AVFilterGraph @ 0x1] [error] No such filter: 'zscale'", 'filter_missing'],
  ['bwrap: No permissions to create new namespace', 'sandbox_failed'],
  ['Cannot allocate memory', 'out_of_memory'],
  ['something nobody has seen', 'unknown'],
]

test('what FFmpeg said is one reason', () => {
  for (const [stderr, reason] of SAID) assert.equal(classifyFailure(stderr), reason, stderr)
})

test('only failures of the graphics card lead back to the CPU', () => {
  const reasons = SAID.map(([, reason]) => reason)
  assert.deepEqual([...new Set(reasons.filter(isNvencFailure))].sort(), [
    'nvenc_decoder',
    'nvenc_driver_old',
    'nvenc_failed',
    'nvenc_no_device',
    'nvenc_session_limit',
  ])
})

test('a full disk is not blamed on the uploader', () => {
  assert.equal(failureCode('disk_full'), 'disk_full')
  assert.equal(failureCode('sandbox_failed'), 'tool_missing')
})
