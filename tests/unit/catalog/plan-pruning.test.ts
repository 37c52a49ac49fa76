import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type KeepRules, planPruning } from '#lib/catalog/snapshots/plan-pruning'
import { buildSnapshot } from '#lib/storage/snapshot-name'

const NOW = new Date('2026-11-23T12:30:00Z')
const RULES: KeepRules = { hourly: 2, daily: 2, weekly: 2, monthly: 2 }
const HOUR_MS = 3_600_000

function at(...times: string[]) {
  return times.map((time) => ({
    ...buildSnapshot('before-edit', new Date(time)),
    label: null as string | null,
  }))
}

function kept(snapshots: ReturnType<typeof at>, rules = RULES): string[] {
  const gone = new Set(planPruning({ snapshots, rules, now: NOW }).map(({ name }) => name))
  return snapshots
    .filter(({ name }) => !gone.has(name))
    .map(({ createdAt }) => createdAt.toISOString().slice(5, 16))
}

describe('which snapshots are kept', () => {
  test('of each of the last hours, days, weeks and months that have any, the newest', () => {
    const snapshots = at(
      '2026-11-23T11:05:00Z', // the newest of its hour, day, week and month
      '2026-11-23T11:01:00Z',
      '2026-11-23T09:50:00Z', // second hour
      '2026-11-23T08:00:00Z',
      '2026-11-21T23:00:00Z', // second day; a Saturday, so the second week, too
      '2026-11-21T01:00:00Z',
      '2026-11-14T01:00:00Z',
      '2026-09-30T01:00:00Z', // second month
      '2026-08-01T01:00:00Z',
    )
    assert.deepEqual(kept(snapshots), ['11-23T11:05', '11-23T09:50', '11-21T23:00', '09-30T01:00'])
  })

  test('all of the last hour, and whatever has a label', () => {
    const snapshots = at(
      '2026-11-23T12:20:00Z',
      '2026-11-23T12:10:00Z',
      '2026-11-23T11:31:00Z',
      '2020-01-01T00:00:00Z',
    )
    const old = { ...at('2019-01-01T00:00:00Z')[0], label: 'the first cut' } as (typeof snapshots)[number]
    const none = { hourly: 0, daily: 0, weekly: 0, monthly: 0 }
    assert.deepEqual(kept([...snapshots, old], none), [
      '11-23T12:20',
      '11-23T12:10',
      '11-23T11:31',
      '01-01T00:00',
    ])
  })

  test('never more than a hundred without a label, however fast they came', () => {
    const many = at(
      ...Array.from({ length: 500 }, (_, index) => new Date(NOW.getTime() - index * 1000).toISOString()),
    )
    assert.equal(kept(many).length, 100)
  })

  test('pruning twice removes nothing more, and the newest stays while any rule counts', () => {
    const ages = fc.uniqueArray(fc.integer({ min: 0, max: 400 * 24 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(ages, (hours) => {
        const snapshots = at(...hours.map((age) => new Date(NOW.getTime() - age * HOUR_MS).toISOString()))
        const gone = new Set(planPruning({ snapshots, rules: RULES, now: NOW }))
        const left = snapshots.filter((snapshot) => !gone.has(snapshot))
        assert.deepEqual(planPruning({ snapshots: left, rules: RULES, now: NOW }), [])
        assert.ok(
          left.some(({ createdAt }) => createdAt.getTime() === NOW.getTime() - Math.min(...hours) * HOUR_MS),
        )
      }),
    )
  })
})
