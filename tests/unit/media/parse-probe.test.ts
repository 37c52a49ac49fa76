import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPeekrError } from '#lib/errors'
import { parseProbe } from '#lib/media/parse-probe'

const video = {
  index: 1,
  codec_type: 'video',
  codec_name: 'h264',
  width: 1920,
  height: 1080,
  pix_fmt: 'yuv420p10le',
  avg_frame_rate: '30000/1001',
  r_frame_rate: '60/1',
  duration: '12.5',
  nb_frames: '375',
  start_time: '0.000000',
}
const format = { format_name: 'mov,mp4', start_time: '0.0', duration: '13.0' }

test('what the file does not say is null, never 0', () => {
  const bare = {
    index: 0,
    codec_type: 'video',
    codec_name: 'vp9',
    width: 640,
    height: 360,
    avg_frame_rate: '0/0',
    nb_frames: '0',
  }
  const probe = parseProbe({ streams: [bare], format: { format_name: 'matroska,webm', duration: 'N/A' } })
  assert.equal(probe.durationSeconds, null)
  assert.equal(probe.video?.frameRate, null)
  assert.equal(probe.video?.frameCount, null)
  assert.equal(probe.audio, null)
})

test('a phone held upright is shown upright', () => {
  const turned = { ...video, side_data_list: [{ side_data_type: 'Display Matrix', rotation: -90 }] }
  const probe = parseProbe({ streams: [turned], format })
  assert.equal(probe.video?.rotationDegrees, 90)
  assert.deepEqual([probe.video?.width, probe.video?.height], [1080, 1920])
})

test('anamorphic pixels are made square', () => {
  const probe = parseProbe({
    streams: [{ ...video, width: 720, height: 576, sample_aspect_ratio: '64:45' }],
    format,
  })
  assert.deepEqual([probe.video?.width, probe.video?.height], [1024, 576])
})

test('cover art is not a video', () => {
  const cover = { ...video, disposition: { attached_pic: 1 } }
  const sound = { index: 0, codec_type: 'audio', codec_name: 'mp3', channels: 2 }
  const probe = parseProbe({ streams: [sound, cover], format })
  assert.equal(probe.video, null)
  assert.equal(probe.hasCoverArt, true)
  assert.equal(probe.audio?.codec, 'mp3')
})

test('the length of the picture counts, not of a subtitle at 99 hours', () => {
  const mkv = { ...video, duration: undefined, tags: { DURATION: '00:00:10.500000000' } }
  const probe = parseProbe({ streams: [mkv], format: { ...format, duration: '356400' } })
  assert.equal(probe.durationSeconds, 10.5)
})

test('an AVI that was cut off still says how long it was', () => {
  const cut = { ...video, duration: '5.0', nb_frames: '300', avg_frame_rate: '10/1' }
  const probe = parseProbe({ streams: [cut], format: { ...format, format_name: 'avi' } })
  assert.equal(probe.durationSeconds, 30)
})

test('bit depth and average frame rate are read', () => {
  const probe = parseProbe({ streams: [video], format })
  assert.equal(probe.video?.bitDepth, 10)
  assert.equal(probe.video?.frameRate?.toFixed(3), '29.970')
})

test('anything but the JSON of ffprobe is refused with a code', () => {
  for (const junk of [null, [], {}, { streams: 1 }, 'text']) {
    assert.throws(
      () => parseProbe(junk),
      (error) => isPeekrError(error) && error.code === 'source_not_video',
    )
  }
})
