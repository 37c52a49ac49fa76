import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { manyReaders } from './many-readers.ts'

const skip = existsSync('/usr/bin/prlimit') ? false : 'prlimit is not installed'

test('50 stalled and 50 active readers and 1,000 open connections leave memory and descriptors as they were', {
  skip,
}, async () => {
  const { violations } = await manyReaders.run({ seed: 1, kills: 1, onProgress: () => {} })
  // How fast a page answers is for `npm run faults`: here other tests run beside it.
  assert.deepEqual(
    violations.filter((violation) => !violation.includes('a page took')),
    [],
  )
})
