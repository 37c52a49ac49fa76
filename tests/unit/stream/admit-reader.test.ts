import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { parseConfig } from '#lib/config'
import { forgetSingleton, singleton } from '#lib/singleton'
import { admitReader } from '#lib/stream/admit-reader'

const SEGMENT = '720p/segment-00001.m4s'

afterEach(() => {
  forgetSingleton('config')
  forgetSingleton('stream-readers')
})

function allow(readers: string) {
  singleton('config', () => parseConfig({ PEEKR_READERS: readers }))
}

function watch(client: string, atSeconds: number, path = SEGMENT, videoId = 'video') {
  admitReader({ client, videoId, path, nowMs: atSeconds * 1000 })
}

test('beyond the limit a new reader is told when to come back, while those who watch go on', () => {
  allow('2')
  watch('ana', 0)
  watch('ben', 1)
  assert.throws(() => watch('eve', 2), { code: 'too_many_readers', details: { retryAfterSeconds: 10 } })
  for (let seconds = 4; seconds < 300; seconds += 4) {
    watch('ana', seconds)
    watch('ben', seconds)
    assert.throws(() => watch('eve', seconds), { code: 'too_many_readers' })
    assert.throws(() => watch('ana', seconds, SEGMENT, 'another'), { code: 'too_many_readers' })
  }
})

test('who was silent for a minute gives up the place, also to themselves when there is one', () => {
  allow('1')
  watch('ana', 0)
  watch('ana', 59)
  assert.throws(() => watch('ben', 118), { code: 'too_many_readers' })
  watch('ben', 120)
  assert.throws(() => watch('ana', 121), { code: 'too_many_readers' })
  watch('ana', 181)
})

test('pictures take no place, and 0 is no limit', () => {
  allow('1')
  watch('ana', 0)
  for (let number = 0; number < 50; number++) watch(`visitor ${number}`, 1, 'poster.jpg')
  forgetSingleton('config')
  allow('0')
  for (let number = 0; number < 50; number++) watch(`reader ${number}`, 1)
})
