import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  formatAge,
  formatBytes,
  formatDuration,
  formatPercent,
  formatSpokenDuration,
  formatTimeLeft,
} from '#lib/domain/format'

test('sizes have at most one decimal and never read 1000 of a unit', () => {
  const sizes = [0, 999, 1000, 1_450_000, 9_960_000, 999_600, 2e12, -5]
  assert.deepEqual(sizes.map(formatBytes), ['0 B', '999 B', '1 KB', '1.4 MB', '10 MB', '1 MB', '2 TB', '0 B'])
})

test('durations carry over: 59.6 s is a minute', () => {
  assert.deepEqual([0, 7.2, 59.6, 725, 3729].map(formatDuration), [
    '0:00',
    '0:07',
    '1:00',
    '12:05',
    '1:02:09',
  ])
})

test('spoken durations name their units and leave out what is zero', () => {
  assert.equal(formatSpokenDuration(3661), '1 hour 1 minute 1 second')
  assert.equal(formatSpokenDuration(120), '2 minutes')
  assert.equal(formatSpokenDuration(0), '0 seconds')
})

test('time left is never 0 and grows coarser', () => {
  assert.deepEqual([0, 3.2, 41, 61, 3600, 7500].map(formatTimeLeft), [
    '1 s',
    '4 s',
    '45 s',
    '2 min',
    '1 h',
    '2 h 5 min',
  ])
})

test('ages round down and a clock that runs ahead reads "just now"', () => {
  const now = Date.parse('2026-03-10T12:00:00Z')
  assert.equal(formatAge('2026-03-07T11:59:00Z', now), '3 days ago')
  assert.equal(formatAge('2026-03-10T11:58:30Z', now), '1 minute ago')
  assert.equal(formatAge('2026-03-10T12:05:00Z', now), 'just now')
  assert.equal(formatAge('2024-03-01T00:00:00Z', now), '2 years ago')
})

test('100 % is shown only when all is done', () => {
  assert.deepEqual([0, 0.4399, 0.9999, 1, 1.2, -1].map(formatPercent), [
    '0 %',
    '43 %',
    '99 %',
    '100 %',
    '100 %',
    '0 %',
  ])
})
