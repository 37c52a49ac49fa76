import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CARD_CODECS, type EncoderReport } from '#lib/domain/encoding'
import type { SourceVideo } from '#lib/domain/source-probe'
import { chooseEncoder, planThreads } from '#lib/transcode/choose-encoder'

const finding = (works: boolean, name: string) => ({ works, sentence: `${name} was tried.` })

function report(nvenc: boolean, sessions: number | null = nvenc ? 8 : null): EncoderReport {
  return {
    h264_nvenc: finding(nvenc, 'h264_nvenc'),
    libx264: finding(true, 'libx264'),
    card: Object.fromEntries(
      CARD_CODECS.map((codec) => [codec, finding(nvenc && codec === 'h264', codec)]),
    ) as EncoderReport['card'],
    toneMap: finding(true, 'tonemap'),
    sessions,
  }
}

const video = {
  ...{ codec: 'h264', pixelFormat: 'yuv420p', bitDepth: 8, interlaced: false, rotationDegrees: 0 },
  ...{ colorSpace: 'bt709', colorTransfer: 'bt709', colorPrimaries: 'bt709', width: 1920, height: 1080 },
} as SourceVideo

const settings = (encoder: 'auto' | 'nvenc' | 'x264', jobsMax = 1) => ({ encoder, jobsMax, cores: 2 })

test('a graphics card is used when its test encode worked, unless x264 is asked for', () => {
  assert.equal(chooseEncoder(report(true), settings('auto'), video).name, 'h264_nvenc')
  assert.equal(chooseEncoder(report(true), settings('x264'), video).name, 'libx264')
  assert.equal(chooseEncoder(report(false), settings('auto'), video).name, 'libx264')
})

test('asking for NVENC where there is none encodes on the CPU and says why', () => {
  const choice = chooseEncoder(report(false), settings('nvenc'), video)
  assert.equal(choice.name, 'libx264')
  assert.match(choice.sentence, /PEEKR_ENCODER.*h264_nvenc was tried/)
})

test('decoding stays on the card only where the card was seen to do it, and all else the source needs', () => {
  const card = (changes: Partial<SourceVideo>) =>
    chooseEncoder(report(true), settings('auto'), { ...video, ...changes }).card
  assert.equal(card({}), true)
  assert.equal(card({ colorSpace: null }), true)
  for (const changes of [
    { codec: 'hevc' },
    { codec: 'prores' },
    { interlaced: true },
    { rotationDegrees: 90 },
    { bitDepth: 10, pixelFormat: 'yuv420p10le' },
    { pixelFormat: 'yuvj420p' },
    { colorSpace: 'smpte170m' },
    { colorTransfer: 'smpte2084' },
    { colorRange: 'pc' },
    { colorSpace: null, width: 640, height: 480 },
  ]) {
    assert.equal(card(changes), false, JSON.stringify(changes))
  }
})

test('jobs that run side by side share the encodes the card was seen to run at a time', () => {
  const sessions = (count: number | null, jobsMax: number) =>
    chooseEncoder(report(true, count), settings('auto', jobsMax), video).sessions
  assert.deepEqual([sessions(8, 1), sessions(8, 3), sessions(2, 4), sessions(null, 1)], [8, 2, 1, 1])
})

test('libx264 gets as many threads as the machine keeps busy, within bounds, and the plan says how many', () => {
  assert.deepEqual([1, 2, 4, 64].map(planThreads), [2, 3, 6, 16])
  assert.equal(chooseEncoder(report(false), settings('auto'), video).threads, 3)
  assert.equal(chooseEncoder(report(true), settings('auto'), video).threads, 3, 'it may fall back to libx264')
})
