import { LRUCache } from 'lru-cache'
import { type Asker, resolveGrant } from '#lib/auth/resolve-grant'
import { connectDatabase } from '#lib/db/connect'
import type { Grant } from '#lib/domain/grant'
import { singleton } from '#lib/singleton'

interface Entry {
  loadedAtMs: number
  asker: Promise<Asker>
}

/** As of `stream-access`: with the time of a query, what ended has ended within 10 s in every process. */
const FRESH_MS = 5_000

const cache = () => singleton('stream-grants', () => new LRUCache<string, Entry>({ max: 20_000 }))

/** Whom the grant of a media token stands for, at most 5 s old; the database is asked once however many ask at once. */
export function findGrantAsker(grant: Grant, videoId: string): Promise<Asker> {
  // A password's version is compared with the video's own, and needs no look-up.
  if (grant.kind === 'password') return resolveGrant(grant, videoId)
  const key = keyOf(grant, videoId)
  const known = cache().get(key)
  // The monotonic clock: a machine whose clock is set back must not hold on to old answers.
  if (known !== undefined && performance.now() - known.loadedAtMs < FRESH_MS) return known.asker
  const entry = { loadedAtMs: performance.now(), asker: loadAsker(grant, videoId) }
  cache().set(key, entry)
  entry.asker.catch(() => {
    // The next request asks again; this one's error goes to whoever waits for it.
    if (cache().get(key) === entry) cache().delete(key)
  })
  return entry.asker
}

/** Forgets what is known of a grant, so that its end counts here from the next request on. */
export function forgetGrant(grant: Grant, videoId: string): void {
  cache().delete(keyOf(grant, videoId))
}

async function loadAsker(grant: Grant, videoId: string): Promise<Asker> {
  await connectDatabase()
  return resolveGrant(grant, videoId)
}

/** A session or API token is looked up once for all videos. */
function keyOf({ kind, id, version }: Grant, videoId: string): string {
  return kind === 'link' ? `${kind} ${id} ${videoId}` : `${kind} ${id} ${version}`
}
