import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isStreamablePath, segmentPattern } from '#lib/domain/media-paths'

test('exactly the files of a revision that players ask for are streamable', () => {
  for (const path of [
    'multivariant.m3u8',
    'poster.jpg',
    'hover.mp4',
    'storyboard.vtt',
    'storyboard-0.jpg',
    'storyboard-12.jpg',
    '720p/media.m3u8',
    '720p/init.mp4',
    '2160p/segment-00042.m4s',
    'audio/segment-00000.ts',
    'audio-1/init.mp4',
    'subtitles-12/media.m3u8',
    'subtitles-1/captions.vtt',
  ]) {
    assert.ok(isStreamablePath(path), path)
  }
  for (const path of [
    'manifest.json',
    'video.json',
    '../video.json',
    '720p/../manifest.json',
    '720p/segment-1.m4s',
    '720p/segment-00000.mp4',
    '0720p/media.m3u8',
    'source/original',
    'storyboard-01.jpg',
    'storyboard-.jpg',
    'storyboard-1000.jpg',
    '720p/hover.mp4',
    'audio-0/media.m3u8',
    'subtitles-1/raw.vtt',
    '720p/captions.vtt',
    'subtitles/captions.vtt',
    '/multivariant.m3u8',
    'multivariant.m3u8\n',
    '720p\\media.m3u8',
    '',
  ]) {
    assert.equal(isStreamablePath(path), false, JSON.stringify(path))
  }
})

test('no streamable path has a dot segment, an empty part or anything to decode', () => {
  const part = fc.constantFrom(
    '720p',
    'audio',
    '..',
    '.',
    '',
    'media.m3u8',
    'init.mp4',
    '%2e',
    'segment-00000.m4s',
    '/',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
      const path = parts.join('/')
      if (isStreamablePath(path))
        assert.match(path, /^[0-9a-z]+(?:\/[0-9a-z.-]+)?$|^(?:multivariant\.m3u8|poster\.jpg)$/)
    }),
  )
})

test('the name FFmpeg is told to write is one that is streamed', () => {
  for (const format of ['fmp4', 'ts'] as const) {
    assert.ok(isStreamablePath(`480p/${segmentPattern(format).replace('%05d', '00007')}`))
  }
})
