import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { sendTogether } from '#lib/stream/send-together'

test('small answers leave in order at the end of the turn in which they are ready', async () => {
  const sent: number[] = []
  for (const number of [1, 2, 3]) sendTogether(() => sent.push(number))
  assert.deepEqual(sent, [])
  await turn()
  assert.deepEqual(sent, [1, 2, 3])
})

test('what becomes ready while others leave goes with the next turn', async () => {
  const sent: string[] = []
  sendTogether(() => {
    sent.push('first')
    sendTogether(() => sent.push('second'))
  })
  await turn()
  await turn()
  assert.deepEqual(sent, ['first', 'second'])
})

test('no more than 64 wait for each other, and none is lost', async () => {
  const sent: number[] = []
  const numbers = Array.from({ length: 150 }, (_, number) => number)
  for (const number of numbers) sendTogether(() => sent.push(number))
  assert.equal(sent.length, 128)
  await turn()
  assert.deepEqual(sent, numbers)
})
