import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseUnitKey, type RungGroup } from '#lib/domain/encode-plan'
import type { SourceProbe } from '#lib/domain/source-probe'
import { canStart } from '#lib/transcode/can-start'
import { measureSpeed } from '#lib/transcode/measure-speed'
import { isLowFirst, planOrder } from '#lib/transcode/plan-order'
import { planUnits } from '#lib/transcode/plan-units'

const rungs = [
  { name: '1080p', width: 1920, height: 1080, maxBitrateBps: 1 },
  { name: '360p', width: 640, height: 360, maxBitrateBps: 1 },
]
const cut = (durationSeconds: number) =>
  planUnits({ durationSeconds, container: 'mov,mp4', video: { frameRate: 30 } } as SourceProbe)

/** A machine with one worker: seconds of video a second, by what is made, and what each start of FFmpeg costs. */
interface Machine {
  speeds: Record<RungGroup, number>
  startSeconds: number
  /** From a viewer's first request until what runs is stopped for them. */
  noticeSeconds: number
}

/**
 * Plays a film on a machine that encodes it meanwhile, by the pipeline's own decisions, in imagined time.
 * @param comesAtSeconds after it became playable
 * @returns how long the player stood still, and when the film became playable
 */
function simulate(machine: Machine, durationSeconds: number, comesAtSeconds: number) {
  const plan = { rungs, lowRungs: ['360p'], ...cut(durationSeconds) }
  const lengthOf = (index: number) => {
    const unit = plan.units[index]
    return unit === undefined ? 0 : (unit.endSeconds ?? durationSeconds) - unit.startSeconds
  }
  const done = new Set<string>()
  const speeds: Record<string, number> = {}
  let [now, playableAt, position, stood] = [0, Number.POSITIVE_INFINITY, 0, 0]
  const lowUnits = () => {
    const missing = plan.units.findIndex(
      ({ index }) => !done.has(`${index}-low`) && !done.has(`${index}-all`),
    )
    return missing === -1 ? plan.units.length : missing
  }
  const available = () => plan.units[lowUnits()]?.startSeconds ?? durationSeconds
  const facts = () => ({
    speed: measureSpeed(plan, speeds),
    canStart: canStart({ plan, lowUnits: lowUnits(), speeds, durationSeconds }),
    watched: now >= playableAt + comesAtSeconds,
  })
  const play = (until: number) => {
    const from = Math.max(now, playableAt + comesAtSeconds)
    if (until > from) {
      const seconds = Math.min(until - from, available() - position)
      position += seconds
      if (position < durationSeconds) stood += until - from - seconds
    }
    now = until
  }
  for (let next = ''; ; ) {
    next = planOrder({ plan, done, ...facts() })[0] ?? ''
    const unit = parseUnitKey(next)
    if (unit === null) return { stoodSeconds: stood, playableAt, doneAt: now }
    const takes = machine.startSeconds + lengthOf(unit.index) / machine.speeds[unit.group]
    const noticedAt = playableAt + comesAtSeconds + machine.noticeSeconds
    const isStopped = now < noticedAt && noticedAt < now + takes - 1 && unit.group !== 'low'
    if (isStopped && isLowFirst({ ...facts(), watched: true }) && lowUnits() < plan.units.length) {
      play(noticedAt)
      continue
    }
    play(now + takes)
    done.add(next)
    speeds[next] = lengthOf(unit.index) / takes
    if (playableAt === Number.POSITIVE_INFINITY && facts().canStart) playableAt = now
  }
}

const machineOf = (low: number, all: number): Machine => ({
  speeds: { low, all, high: 1 / (1 / all - 1 / low) },
  startSeconds: 0.3,
  noticeSeconds: 2.5,
})

test('whenever a viewer comes, however slow the machine: the player never stands at a live edge', () => {
  for (const low of [0.3, 0.7, 0.95, 1.2, 1.6, 2, 2.5, 4, 8]) {
    for (const share of [0.15, 0.3, 0.5, 0.9]) {
      for (const durationSeconds of [20, 95, 600]) {
        for (const comesAt of [0, 1, 5, 12, 40, 100]) {
          const { stoodSeconds } = simulate(machineOf(low, low * share), durationSeconds, comesAt)
          const what = `low ${low}, all ${(low * share).toFixed(2)}, ${durationSeconds} s, after ${comesAt} s`
          assert.ok(stoodSeconds < 1e-6, `${what}: stood ${stoodSeconds.toFixed(2)} s`)
        }
      }
    }
  }
})

test('a machine whose low rungs are twice as fast as real time is playable after the first unit', () => {
  const { playableAt } = simulate(machineOf(2.5, 0.8), 600, 0)
  assert.ok(playableAt < 1.2, `${playableAt} s`)
})

test('slower than real time even in the smallest size, it waits until enough is there, and no longer', () => {
  const { playableAt, doneAt } = simulate(machineOf(0.5, 0.1), 100, 0)
  assert.ok(playableAt > 50, `${playableAt} s`)
  assert.ok(playableAt < 210 && playableAt < doneAt / 2, `${playableAt} of ${doneAt} s`)
})

test('without a measured speed nothing is said, and with all there everything may be played', () => {
  const plan = cut(60)
  const facts = { plan, speeds: {}, durationSeconds: 60 }
  assert.equal(canStart({ ...facts, lowUnits: 1 }), null)
  assert.equal(canStart({ ...facts, lowUnits: plan.units.length }), true)
})
