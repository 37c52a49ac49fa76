import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VISIBILITIES } from '#lib/domain/video'
import { widensWatching } from '#lib/domain/widens-watching'

test('to let in anybody who could not watch before is to widen: named people and a password are two different doors', () => {
  const wider = VISIBILITIES.flatMap((from) =>
    VISIBILITIES.filter((to) => widensWatching(from, to)).map((to) => `${from} → ${to}`),
  )
  assert.deepEqual(wider, [
    'unlisted → public',
    'password → public',
    'password → unlisted',
    'password → people',
    'people → public',
    'people → unlisted',
    'people → password',
    'private → public',
    'private → unlisted',
    'private → password',
    'private → people',
  ])
})
