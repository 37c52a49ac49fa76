import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { planAlerts } from '#lib/admin/plan-alerts'
import { compareSeen, type Seen } from '#lib/admin/watch-storage'
import { planBatches } from '#lib/catalog/proof/read-files'
import { describeProof } from '#lib/domain/proof-view'
import type { DeviceHealth, StorageHealth } from '#lib/domain/storage-health'
import { parseDeviceStats } from '#lib/storage/health/parse-device-stats'
import { parseScrub } from '#lib/storage/health/parse-scrub'
import { isRedundant, parseUsage } from '#lib/storage/health/parse-usage'
import { planHints } from '#lib/storage/health/plan-hints'

const CLEAN = { write: 0, read: 0, flush: 0, corruption: 0, generation: 0 }
const device = (id: number, facts: Partial<DeviceHealth> = {}): DeviceHealth => ({
  id,
  path: `/dev/sd${id}`,
  errors: CLEAN,
  ...facts,
})
const healthy: StorageHealth = {
  driver: 'btrfs',
  isMirrored: true,
  isReadOnly: false,
  profiles: [{ kind: 'Data', profile: 'RAID1', sizeBytes: 100, usedBytes: 90 }],
  space: {
    rawBytes: 1000,
    usedBytes: 180,
    freeBytes: 400,
    freeBytesMin: 400,
    unallocatedBytes: 800,
    missingBytes: 0,
  },
  devices: [device(1), device(2)],
  scrub: null,
  hints: [],
  lacks: [],
}
const NOTHING = { quarantinedCount: 0, isLow: false, freeBytes: 0, markBytes: 0 }

describe('what btrfs-progs prints', () => {
  test('usage in bytes becomes figures, and the profiles that data and metadata are kept in', () => {
    const { space, profiles } = parseUsage(USAGE)
    assert.deepEqual(space, {
      rawBytes: 419430400,
      usedBytes: 294912,
      freeBytes: 167772160,
      freeBytesMin: 83886080,
      unallocatedBytes: 201326592,
      missingBytes: 0,
    })
    assert.deepEqual(
      profiles.map(({ kind, profile }) => `${kind} ${profile}`),
      ['Data RAID1', 'Metadata RAID1'],
    )
    assert.deepEqual(parseUsage('something else'), { space: null, profiles: [] })
  })

  test('counters are read from JSON, and a missing disk has no path', () => {
    const stats = {
      write_io_errs: '0',
      read_io_errs: '2',
      flush_io_errs: '0',
      corruption_errs: '7',
      generation_errs: '0',
    }
    const text = JSON.stringify({
      'device-stats': [
        { device: '/dev/sda', devid: '1', ...stats },
        { device: '<missing disk>', devid: '2', ...stats },
      ],
    })
    const errors = { write: 0, read: 2, flush: 0, corruption: 7, generation: 0 }
    assert.deepEqual(parseDeviceStats(text), [
      { id: 1, path: '/dev/sda', errors },
      { id: 2, path: null, errors },
    ])
    assert.throws(() => parseDeviceStats('{"device-stats":[{"device":1}]}'))
  })

  test('a scrub that never ran, runs, was stopped or is done is told apart, with what it found', () => {
    assert.equal(parseScrub('\tno stats available\n\tcsum_errors: 0').state, 'never')
    const states = ['running', 'finished', 'aborted', 'interrupted'].map(
      (status) => parseScrub(`Status:           ${status}\n`).state,
    )
    assert.deepEqual(states, ['running', 'finished', 'stopped', 'stopped'])
    const found = parseScrub(
      'Scrub started:    Mon Nov 23 03:25:04 2026\nStatus:           finished\n\tdata_bytes_scrubbed: 100\n\ttree_bytes_scrubbed: 20\n\tread_errors: 1\n\tcsum_errors: 4\n\tuncorrectable_errors: 2\n\tcorrected_errors: 3\n',
    )
    assert.deepEqual(found, {
      state: 'finished',
      startedAt: new Date('Mon Nov 23 03:25:04 2026').toISOString(),
      readBytes: 120,
      errorCount: 5,
      correctedCount: 3,
      uncorrectableCount: 2,
    })
  })

  test('mirrors and parities are redundant; one copy, two on one disk, and stripes are not', () => {
    assert.deepEqual(['RAID1', 'RAID10', 'RAID1C3', 'RAID6'].map(isRedundant), [true, true, true, true])
    assert.deepEqual(['single', 'DUP', 'RAID0'].map(isRedundant), [false, false, false])
  })
})

describe('what is told of disks', () => {
  test('a healthy mirror raises nothing', () => {
    assert.deepEqual(planAlerts(healthy, NOTHING), [])
    assert.deepEqual(planHints(healthy, '/srv/peekr'), [])
  })

  test('each trouble is one alert with a sentence, the worst first', () => {
    const broken = {
      ...healthy,
      isReadOnly: true,
      devices: [device(1, { errors: { ...CLEAN, corruption: 3 } }), device(2, { path: null })],
      scrub: { ...parseScrub('Status: finished'), uncorrectableCount: 1 },
    }
    const alerts = planAlerts(broken, { quarantinedCount: 2, isLow: true, freeBytes: 1, markBytes: 100 })
    assert.deepEqual(
      alerts.map(({ kind }) => kind),
      ['read-only', 'device-missing', 'device-errors', 'scrub-uncorrectable', 'quarantined', 'space-low'],
    )
    for (const { sentence } of alerts) assert.match(sentence, /^[A-Z0-9].+\.$/)
  })

  test('a mirror is said to have helped only where it may have', () => {
    const bad = { errors: { ...CLEAN, corruption: 3 } }
    const known = { quarantinedCount: 0, isLow: false, freeBytes: 1, markBytes: 0 }
    const say = (health: Partial<StorageHealth>, quarantinedCount = 0) =>
      planAlerts({ ...healthy, ...health }, { ...known, quarantinedCount })[0]?.sentence ?? ''
    const one = { devices: [device(1, bad), device(2)] }
    assert.match(say(one), /The other copy was used\. /)
    for (const sentence of [say({ devices: [device(1, bad), device(2, bad)] }), say(one, 1)])
      assert.match(sentence, /used where it was good.*both copies are bad/)
    assert.match(say({ ...one, isMirrored: false }), /There is no other copy/)
  })

  test('only what is new since the last look is told', () => {
    const seen: Seen = {
      errors: { 1: 2 },
      isMissing: false,
      isReadOnly: false,
      isLow: true,
      scrub: null,
      scrubbedAt: null,
    }
    const health = { ...healthy, devices: [device(1, { errors: { ...CLEAN, read: 5 } })] }
    const told = (before: Seen, now: Seen) =>
      compareSeen(before, now, { health, lowWater: null }).map(([kind]) => kind)
    assert.deepEqual(told(seen, { ...seen, errors: { 1: 5 } }), ['device-errors'])
    assert.deepEqual(told({ ...seen, errors: { 1: 5 } }, { ...seen, errors: { 1: 5 }, isLow: false }), [
      'space-back',
    ])
    assert.deepEqual(told({ ...seen, errors: { 1: 5 } }, { ...seen, errors: { 1: 5 } }), [])
  })

  test('chunks of two profiles, and data that holds nearly all of the disk half empty, are worth a balance', () => {
    const mixed = [...healthy.profiles, { kind: 'Data', profile: 'single', sizeBytes: 10, usedBytes: 1 }]
    assert.match(planHints({ ...healthy, profiles: mixed }, '/srv')[0] ?? '', /-dconvert=raid1,soft \/srv`/)
    const full = {
      ...healthy,
      profiles: [{ kind: 'Data', profile: 'single', sizeBytes: 990, usedBytes: 300 }],
    }
    const space = { ...(healthy.space as NonNullable<StorageHealth['space']>), unallocatedBytes: 5 }
    assert.match(planHints({ ...full, space }, '/srv')[0] ?? '', /-dusage=50 \/srv`/)
  })
})

describe('a reading', () => {
  test('is cut into runs of bounded size, each file in one of them, in order', () => {
    const files = Array.from({ length: 450 }, (_, at) => ({
      path: `${at}`,
      sizeBytes: at === 5 ? 1e9 : 10,
      sha256: '',
    }))
    const batches = planBatches(files)
    assert.deepEqual(batches.flat(), files)
    assert.ok(batches.every(({ length }) => length > 0 && length <= 200))
    assert.equal(batches.find((batch) => batch.some(({ path }) => path === '5'))?.length, 1)
    assert.deepEqual(planBatches([]), [])
  })

  test('is told in days', () => {
    const nowMs = Date.parse('2026-11-23T12:00:00Z')
    assert.equal(describeProof(null, nowMs), 'Not verified yet since it was published.')
    assert.equal(describeProof('2026-11-23T01:00:00Z', nowMs), 'Verified today.')
    assert.equal(describeProof('2026-11-22T01:00:00Z', nowMs), 'Verified yesterday.')
    assert.equal(describeProof('2026-11-11T01:00:00Z', nowMs), 'Verified 12 days ago.')
  })
})

const USAGE = `Overall:
    Device size:\t\t         419430400
    Device allocated:\t\t         218103808
    Device unallocated:\t\t         201326592
    Device missing:\t\t                 0
    Used:\t\t\t            294912
    Free (estimated):\t\t         167772160\t(min: 83886080)
    Free (statfs, df):\t\t         166723584
    Data ratio:\t\t\t              2.00

Data,RAID1: Size:67108864, Used:0 (0.00%)
   /dev/loop0\t  67108864

Metadata,RAID1: Size:33554432, Used:131072 (0.39%)
`
