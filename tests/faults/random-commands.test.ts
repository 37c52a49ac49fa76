import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configureLog } from '#lib/log'
import { runRandomCommands } from './random-commands.ts'

configureLog('silent')

test('eight seconds of random frames and commands neither stop the database nor leave a client waiting', async () => {
  const { figures, violations } = await runRandomCommands({
    seed: 8,
    seconds: 8,
    otherUri: process.env.MONGODB_URI ?? null,
    onProgress: () => {},
  })
  assert.deepEqual(violations, [])
  assert.ok(Number(figures.commands) > 50)
})
