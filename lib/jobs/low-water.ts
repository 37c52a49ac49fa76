import { getConfig } from '#lib/config'
import { SettingModel } from '#lib/db/models/setting'
import { getLibrary } from '#lib/jobs/library'
import { singleton } from '#lib/singleton'

const MIB = 1024 ** 2
/** Work goes on only when there is clearly more again, or it would stop and go with every segment. */
const BACK_SHARE = 1.25
const CRITICAL_SHARE = 0.25
const FRESH_MS = 2_000

export interface LowWater {
  /** Less than the mark is free, or was a moment ago and there is not clearly more yet. */
  isLow: boolean
  /** So little that even what takes next to nothing would fail. */
  isCritical: boolean
  freeBytes: number
  /** 0: there is none. */
  markBytes: number
}

interface Known {
  atMs: number
  state: Promise<LowWater>
  isLow: boolean
}

/**
 * Whether the disk is so full that nothing new may be begun: no encode, no upload. Playing and deleting go on, and so
 * does this by itself once there is space. Looked up every 2 s at most.
 */
export function getLowWater(): Promise<LowWater> {
  const holder = singleton('jobs.low-water', () => ({ known: null as Known | null }))
  const before = holder.known
  if (before !== null && performance.now() - before.atMs < FRESH_MS) return before.state
  const known: Known = {
    atMs: performance.now(),
    isLow: before?.isLow ?? false,
    state: look(before?.isLow ?? false).then((state) => {
      known.isLow = state.isLow
      return state
    }),
  }
  known.state.catch(() => {
    if (holder.known === known) holder.known = before // the one who asked gets the error; the next look is a new one
  })
  holder.known = known
  return known.state
}

async function look(wasLow: boolean): Promise<LowWater> {
  const freeBytes = await (await getLibrary()).freeBytes()
  const markBytes = await getMarkBytes()
  return {
    isLow: freeBytes < markBytes * (wasLow ? BACK_SHARE : 1),
    isCritical: freeBytes < markBytes * CRITICAL_SHARE,
    freeBytes,
    markBytes,
  }
}

/** The setting `lowWaterMib`, else half of what uploads leave free: they must stop before the encodes do. */
async function getMarkBytes(): Promise<number> {
  const setting = await SettingModel.findById('lowWaterMib').lean()
  const mib = typeof setting?.value === 'number' ? setting.value : 0
  return mib > 0 ? mib * MIB : getConfig().reserveBytes / 2
}
