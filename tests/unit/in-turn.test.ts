import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as breath } from 'node:timers/promises'
import { inTurn } from '#lib/in-turn'

test('work under one name runs one at a time and in order, also after one that fails; other names do not wait', async () => {
  const events: string[] = []
  const step = (name: string, fails = false) =>
    inTurn(name.slice(0, 1), async () => {
      events.push(`${name} begins`)
      await breath()
      events.push(`${name} ends`)
      if (fails) throw new Error(name)
      return name
    })
  const results = await Promise.allSettled([step('a1', true), step('a2'), step('b1'), step('a3')])
  assert.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason))),
    ['Error: a1', 'a2', 'b1', 'a3'],
  )
  const ofA = events.filter((event) => event.startsWith('a'))
  assert.deepEqual(ofA, ['a1 begins', 'a1 ends', 'a2 begins', 'a2 ends', 'a3 begins', 'a3 ends'])
  assert.ok(events.indexOf('b1 begins') < events.indexOf('a1 ends'))
})
