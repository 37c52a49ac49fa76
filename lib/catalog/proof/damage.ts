import type { FoundManifest } from '#lib/catalog/proof/find-manifest'
import type { PublishedVideo } from '#lib/catalog/proof/find-published'
import { plural } from '#lib/domain/format'
import type { FileFlaw } from '#lib/domain/proof-view'

export interface Damage {
  video: PublishedVideo
  /** Null when no manifest is left: then nothing says what the files must be. */
  found: FoundManifest | null
  flaws: FileFlaw[]
  signal: AbortSignal
}

/** `3 files damaged (2 cannot be read, 1 missing; 720p/segment-00004.m4s …)`. Pure. */
export function describeFlaws(flaws: readonly FileFlaw[]): string {
  const count = (problem: FileFlaw['problem']) => flaws.filter((flaw) => flaw.problem === problem).length
  const parts = [
    [count('unreadable'), 'cannot be read'],
    [count('changed'), 'not as published'],
    [count('missing'), 'missing'],
  ] as const
  const named = parts.filter(([amount]) => amount > 0).map(([amount, what]) => `${amount} ${what}`)
  const first = flaws[0]?.path ?? ''
  return `${plural(flaws.length, 'file')} damaged (${named.join(', ')}; ${first}${flaws.length > 1 ? ' …' : ''})`
}
