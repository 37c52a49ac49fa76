import type { StateRecord, TargetKind } from '#lib/storage/twin/backup-format'

/** The whole states in a target, by video and name. */
export type States = Map<string, Map<string, StateRecord>>

interface StateId {
  videoId: string
  name: string
}

/** After so many steps a stream begins anew, or reading a video back would take ever longer. */
const CHAIN_MAX = 20

export function indexStates(records: readonly StateRecord[]): States {
  const states: States = new Map()
  for (const record of records) addState(states, record)
  return states
}

export function addState(states: States, record: StateRecord): void {
  const ofVideo = states.get(record.videoId) ?? new Map<string, StateRecord>()
  states.set(record.videoId, ofVideo.set(record.name, record))
}

export function getState(states: States, { videoId, name }: StateId): StateRecord | null {
  return states.get(videoId)?.get(name) ?? null
}

export function listStates(states: States): StateRecord[] {
  return [...states.values()].flatMap((ofVideo) => [...ofVideo.values()])
}

/** The states that one is read back from, the one with everything first. null when one of them is missing. */
export function findChain(states: States, { videoId, name }: StateId): StateRecord[] | null {
  const chain: StateRecord[] = []
  for (let next: string | null = name; next !== null; next = chain[0]?.parent ?? null) {
    const found = getState(states, { videoId, name: next })
    if (found === null || chain.includes(found)) return null
    chain.unshift(found)
  }
  return chain
}

/** The newest whole state of a part in the target; null when there is none. */
export function findNewest(states: States, videoId: string, part: StateRecord['part']): StateRecord | null {
  return listWhole(states, videoId, part).at(-1) ?? null
}

/**
 * The newest state of a part that the target has whole and this side still holds, so that only what changed since is
 * sent. null when all is to be sent.
 */
export function findParent(options: {
  states: States
  kind: TargetKind
  videoId: string
  part: StateRecord['part']
  held: readonly string[]
}): string | null {
  const { states, kind, videoId, part, held } = options
  // Plain files are linked to what the target has, whether or not it is held here.
  if (kind === 'files') return findNewest(states, videoId, part)?.name ?? null
  const shared = listWhole(states, videoId, part).filter(({ name }) => held.includes(name))
  const short = shared.filter((state) => (findChain(states, state)?.length ?? CHAIN_MAX) < CHAIN_MAX)
  return short.at(-1)?.name ?? null
}

function listWhole(states: States, videoId: string, part: StateRecord['part']): StateRecord[] {
  return [...(states.get(videoId)?.values() ?? [])]
    .filter((state) => state.part === part && findChain(states, state) !== null)
    .sort((left, right) => (left.name < right.name ? -1 : 1))
}
