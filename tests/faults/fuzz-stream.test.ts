import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fuzzStream } from './fuzz-stream.ts'

test('500 made-up requests to each door get no 500 and no byte from outside the revision', async () => {
  const { violations, figures } = await fuzzStream.run({ seed: 5, kills: 1, onProgress: () => {} })
  assert.deepEqual(violations, [])
  assert.ok((figures['front door, 200'] ?? 0) !== 0, 'some of them are served')
})
