import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { computeSha256 } from '#lib/domain/sha-256'

test('the SHA-256 of a browser is that of everybody else, at every length around a block and of megabytes', () => {
  const lengths = [...Array.from({ length: 140 }, (_, at) => at), 1000, 65_536, 2 * 1024 ** 2 + 8]
  for (const length of lengths) {
    const bytes = randomBytes(length)
    assert.equal(computeSha256(bytes), createHash('sha256').update(bytes).digest('hex'), `${length} bytes`)
  }
})
