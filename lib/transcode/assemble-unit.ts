import { link, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type EncodePlan, type Lane, rungsOf, type UnitResult } from '#lib/domain/encode-plan'
import type { LaneState } from '#lib/domain/lane-state'
import { INIT_SEGMENT, segmentName } from '#lib/domain/media-paths'
import { renumberPackets } from '#lib/hls/renumber-packets'
import { syncPath } from '#lib/storage/sync-tree'
import { writeFileWhole } from '#lib/storage/write-file-whole'

/**
 * Puts a unit's segments into the revision under construction, where they keep their names for good, and returns how far
 * the lane is then. The unit's own files stay, so that doing it again after a crash does the same.
 */
export async function assembleUnit(options: {
  plan: EncodePlan
  lane: Lane
  state: LaneState
  unit: UnitResult
  unitPath: string
  revisionPath: string
}): Promise<LaneState> {
  const { plan, lane, unit, unitPath, revisionPath } = options
  const state = structuredClone(options.state)
  const rungs = unit.segments.length === 0 ? [] : rungsOf(plan, lane)
  for (const { name } of rungs) {
    const [from, to] = [join(unitPath, name), join(revisionPath, name)]
    await mkdir(to, { recursive: true })
    if (plan.segmentFormat === 'fmp4') await addInit(state, name, unit, from, to)
    for (const { number } of unit.segments) {
      const file = segmentName(plan.segmentFormat, number)
      if (plan.segmentFormat === 'fmp4') await linkOnce(join(from, file), join(to, file))
      else await renumber(state, name, join(from, file), join(to, file))
    }
    await syncPath(to)
  }
  return {
    ...state,
    unit: unit.index + 1,
    segments: [...state.segments, ...unit.segments],
    frameCount: state.frameCount + unit.frameCount,
    lastTicks: unit.lastTicks ?? state.lastTicks,
    tail: unit.tail,
    damaged: state.damaged || unit.damaged,
    endMissing: state.endMissing || unit.endMissing,
  }
}

/** Init segments are the same as long as the encoder is; where it is not (GPU to CPU), the next one begins. */
async function addInit(
  state: LaneState,
  rung: string,
  unit: UnitResult,
  from: string,
  to: string,
): Promise<void> {
  const bytes = await readFile(join(from, INIT_SEGMENT))
  const inits = state.inits[rung] ?? []
  const last = inits.at(-1)
  if (last !== undefined && bytes.equals(await readFile(join(to, last.name)))) return
  const name = inits.length === 0 ? INIT_SEGMENT : `init-${inits.length}.mp4`
  await writeFileWhole(join(to, name), bytes)
  state.inits[rung] = [...inits, { name, fromSegment: unit.segments[0]?.number ?? 0 }]
}

async function renumber(state: LaneState, rung: string, from: string, to: string): Promise<void> {
  const segment = await readFile(from)
  const continuity = state.continuity[rung] ?? {}
  renumberPackets(segment, continuity)
  state.continuity[rung] = continuity
  await writeFileWhole(to, segment)
}

/** The same bytes under a second name. A crash may have come after it the last time, and what is there be another attempt's. */
async function linkOnce(from: string, to: string): Promise<void> {
  const aside = `${to}.new`
  await rm(aside, { force: true })
  await link(from, aside)
  await rename(aside, to)
  await rm(aside, { force: true }) // renaming one name of a file onto another of the same does nothing (rename(2))
}
