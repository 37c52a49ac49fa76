import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SourceAudio, SourceProbe, SourceSubtitle } from '#lib/domain/source-probe'
import { planTracks } from '#lib/transcode/tracks/plan-tracks'

const BARE = {
  container: 'matroska,webm',
  durationSeconds: 1,
  startSeconds: 0,
  streamCount: 1,
  video: null,
  hasCoverArt: false,
}

function sound(streamIndex: number, language: string | null, title: string | null = null): SourceAudio {
  return {
    streamIndex,
    codec: 'aac',
    channels: 2,
    sampleRate: 48000,
    startSeconds: 0,
    durationSeconds: 1,
    language,
    title,
  }
}

function plan(sounds: SourceAudio[], subtitles: SourceSubtitle[] = [], main = 0) {
  return planTracks({ ...BARE, audio: sounds[main] ?? null, sounds, subtitles } satisfies SourceProbe)
}

test('one sound without a language is the original', () => {
  assert.deepEqual(plan([sound(1, null)]).main, { language: null, name: 'Original' })
  assert.deepEqual(plan([sound(1, 'und')]).main, { language: null, name: 'Original' })
  assert.deepEqual(plan([]).main, null)
})

test('a probe from before tracks were kept plans none', () => {
  const { main, ...rest } = planTracks({ ...BARE, audio: { ...sound(1, null), language: undefined } })
  assert.deepEqual([main?.name, rest], ['Original', { sounds: [], subtitles: [], leftOut: [] }])
})

test('the main sound comes first, wherever it is in the file, and every name is there once', () => {
  const { main, sounds } = plan([sound(1, 'ger'), sound(2, 'fra'), sound(3, 'ger'), sound(4, 'de')], [], 1)
  assert.deepEqual(main, { language: 'fr', name: 'French' })
  assert.deepEqual(sounds, [
    { streamIndex: 1, folder: 'audio-1', language: 'de', name: 'German' },
    { streamIndex: 3, folder: 'audio-2', language: 'de', name: 'German 2' },
    { streamIndex: 4, folder: 'audio-3', language: 'de', name: 'German 3' },
  ])
})

test('a hostile language or title cannot leave its quotes', () => {
  const { main, sounds } = plan([
    sound(1, 'x"y', 'a"\n#EXT-X-ENDLIST\u202e'),
    sound(2, 'en", URI="x', 'b'.repeat(500)),
  ])
  assert.deepEqual(main, { language: null, name: 'a #EXT-X-ENDLIST' })
  assert.deepEqual(sounds[0], { streamIndex: 2, folder: 'audio-1', language: null, name: 'b'.repeat(60) })
})

test('subtitles that are pictures are left out with a sentence', () => {
  const { subtitles, leftOut } = plan([sound(1, 'en')], [
    { streamIndex: 2, codec: 'dvd_subtitle', language: 'jpn', title: null },
    { streamIndex: 3, codec: 'ass', language: null, title: 'Signs' },
    { streamIndex: 4, codec: 'dvb_teletext', language: null, title: null },
  ]) // biome-ignore format: lines
  assert.deepEqual(subtitles, [{ streamIndex: 3, folder: 'subtitles-1', language: null, name: 'Signs' }])
  assert.match(
    leftOut[0] ?? '',
    /^The Japanese subtitles are pictures, not text \(dvd_subtitle\), so they were left out\./,
  )
  assert.match(leftOut[1] ?? '', /^The subtitles in stream 4 /)
})
