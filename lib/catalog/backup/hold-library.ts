import { getSettings } from '#lib/admin/settings'
import { findNewest, findParent, getState, type States } from '#lib/catalog/backup/plan-states'
import { twinTools } from '#lib/catalog/backup/twin-tools'
import { settleRestore } from '#lib/catalog/snapshots/settle-change'
import { withVideoLock } from '#lib/catalog/with-video-lock'
import { getConfig } from '#lib/config'
import { getLibrary } from '#lib/jobs/library'
import { readNames } from '#lib/storage/folder-names'
import { buildRunName } from '#lib/storage/twin/backup-format'
import { fingerprintSource, fingerprintVideo } from '#lib/storage/twin/fingerprint'
import { heldPath, holdState } from '#lib/storage/twin/hold-state'
import type { Target } from '#lib/storage/twin/open-target'
import type { NewState } from '#lib/storage/twin/store-state'
import { buildVideoFolders } from '#lib/storage/video-folders'

export interface PlannedState {
  state: NewState
  /** Whether the target has it, so that there is nothing to send. */
  isStored: boolean
}

/**
 * Holds every video as it is now that the target does not have as it is now, one at a time under its lock, and says what
 * a complete backup consists of. A source is part of it while originals are kept, and of a video that was never
 * published, of which it is all there is.
 */
export async function holdLibrary(options: {
  target: Target
  states: States
  at: Date
}): Promise<PlannedState[]> {
  const planned: PlannedState[] = []
  for (const videoId of (await (await getLibrary()).listVideoIds()).sort()) {
    planned.push(...(await withVideoLock(videoId, () => holdVideo(videoId, options))))
  }
  return planned
}

async function holdVideo(
  videoId: string,
  options: Parameters<typeof holdLibrary>[0],
): Promise<PlannedState[]> {
  await settleRestore(videoId)
  const { dataPath } = getConfig()
  const { originals } = await getSettings()
  const folders = buildVideoFolders(dataPath, videoId)
  const video = await fingerprintVideo(folders)
  const source = video === null || originals === 'keep' ? await fingerprintSource(folders) : null
  const parts = [
    ['video', video],
    ['source', source],
  ] as const
  const planned: PlannedState[] = []
  for (const [part, fingerprint] of parts) {
    if (fingerprint !== null) planned.push(await holdPart({ ...options, videoId, part, fingerprint }))
  }
  return planned
}

async function holdPart(options: {
  target: Target
  states: States
  at: Date
  videoId: string
  part: 'video' | 'source'
  fingerprint: string
}): Promise<PlannedState> {
  const { target, states, at, videoId, part, fingerprint } = options
  const newest = findNewest(states, videoId, part)
  if (newest?.fingerprint === fingerprint) return { state: newest, isStored: true }
  const { dataPath } = getConfig()
  const held = await readNames(heldPath(dataPath, videoId))
  // One that an interrupted backup held and did not come to send.
  const same = held.find(
    (name) => name.startsWith(`${part}-`) && name.endsWith(`-${fingerprint.slice(0, 12)}`),
  )
  const name = same ?? `${part}-${buildRunName(at)}-${fingerprint.slice(0, 12)}`
  const { driver } = await (await getLibrary()).describe()
  await holdState({ dataPath, driver, videoId, part, name, runBtrfs: twinTools.runBtrfs })
  const stored = getState(states, { videoId, name })
  if (stored !== null) return { state: stored, isStored: true }
  const parent = findParent({ states, kind: target.kind, videoId, part, held })
  return { state: { videoId, name, part, parent, fingerprint }, isStored: false }
}
