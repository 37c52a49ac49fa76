import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findAvcCodec } from '#lib/hls/codec-string'
import { measureBitrate } from '#lib/hls/measure-bitrate'
import { parseMediaPlaylist, writeMediaPlaylist } from '#lib/hls/media-playlist'
import { writeMultivariantPlaylist } from '#lib/hls/multivariant-playlist'

test('a multivariant playlist is exactly this', () => {
  const variants = [
    {
      uri: '720p/media.m3u8',
      width: 1280,
      height: 720,
      frameRate: 30000 / 1001,
      peakBps: 2_000_000,
      averageBps: 1_500_000,
      codecs: 'avc1.64001f',
    },
    {
      uri: '360p/media.m3u8',
      width: 640,
      height: 360,
      frameRate: null,
      peakBps: 500_000,
      averageBps: 400_000,
      codecs: 'avc1.64001e',
    },
  ]
  const audio = {
    uri: 'audio/media.m3u8',
    language: null,
    name: 'Original',
    peakBps: 132_000,
    averageBps: 128_000,
    codecs: 'mp4a.40.2',
    channels: 2,
  }
  assert.equal(
    writeMultivariantPlaylist(variants, [audio]),
    `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Original",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/media.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2132000,AVERAGE-BANDWIDTH=1628000,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="sound"
720p/media.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=632000,AVERAGE-BANDWIDTH=528000,CODECS="avc1.64001e,mp4a.40.2",RESOLUTION=640x360,AUDIO="sound"
360p/media.m3u8
`,
  )
})

test('a silent video names no audio group', () => {
  const text = writeMultivariantPlaylist(
    [
      {
        uri: '240p/media.m3u8',
        width: 320,
        height: 240,
        frameRate: 25,
        peakBps: 1,
        averageBps: 1,
        codecs: 'avc1.64000d',
      },
    ],
    [],
  )
  assert.doesNotMatch(text, /AUDIO|mp4a/)
})

test('writing what was parsed changes nothing', () => {
  const playlist = {
    initSegment: 'init.mp4',
    segments: [
      { name: 'segment-00000.m4s', durationSeconds: 4.6 },
      { name: 'segment-00001.m4s', durationSeconds: 0.04 },
    ],
  }
  const text = writeMediaPlaylist(playlist)
  assert.match(text, /#EXT-X-TARGETDURATION:5\n/)
  assert.deepEqual(parseMediaPlaylist(text), playlist)
  assert.equal(writeMediaPlaylist(parseMediaPlaylist(text)), text)
})

test('a short last segment does not raise the peak', () => {
  const segments = [
    { durationSeconds: 4, sizeBytes: 500_000 },
    { durationSeconds: 0.04, sizeBytes: 50_000 },
  ]
  const { peakBps, averageBps } = measureBitrate(segments, 4)
  assert.equal(averageBps, Math.ceil((550_000 * 8) / 4.04))
  assert.equal(peakBps, averageBps)
})

test('the codec string comes from an avcC box or from a parameter set', () => {
  assert.equal(findAvcCodec(Buffer.from('\0\0\0\x20avcC\x01\x64\x00\x1f\xff', 'latin1')), 'avc1.64001f')
  assert.equal(
    findAvcCodec(Buffer.from([0, 0, 0, 1, 9, 0xf0, 0, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1e, 0xda])),
    'avc1.42c01e',
  )
  assert.equal(findAvcCodec(Buffer.from('sound')), null)
})
