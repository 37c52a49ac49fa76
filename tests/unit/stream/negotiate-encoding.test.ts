import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Encoding, negotiateEncoding } from '#lib/stream/negotiate-encoding'

const BOTH: Encoding[] = ['br', 'gzip']

test('the encoding with the highest weight is used, and of equals the smaller one', () => {
  const rows: [string | null, Encoding | null][] = [
    [null, null],
    ['', null],
    ['gzip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['BR', 'br'],
    ['gzip, deflate, br, zstd', 'br'],
    ['br;q=0.5, gzip', 'gzip'],
    ['br; q=0.8 , gzip;q=0.80', 'br'],
    ['*', 'br'],
    ['*, br;q=0', 'gzip'],
    ['*;q=0', null],
    ['gzip;q=0', null],
    ['gzip;q=0.000, br;q=0.001', 'br'],
    ['identity', null],
    ['identity;q=1, br;q=0.5', null],
    ['identity;q=0, gzip;q=0.1', 'gzip'],
    ['deflate, zstd', null],
    // A weight that is none counts for nothing.
    ['br;q=2, gzip;q=0.1', 'gzip'],
    ['br;q=-1, gzip;q=yes', null],
    [`${'x,'.repeat(600)}br`, null],
  ]
  for (const [header, encoding] of rows) {
    assert.equal(negotiateEncoding(header, BOTH), encoding, String(header?.slice(0, 60)))
  }
})

test('only what is offered is chosen', () => {
  assert.equal(negotiateEncoding('br, gzip;q=0.1', ['gzip']), 'gzip')
  assert.equal(negotiateEncoding('br', ['gzip']), null)
  assert.equal(negotiateEncoding('br, gzip', []), null)
})
