import { setTimeout as sleep } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { connectDatabase } from '#lib/db/connect'
import { VideoModel, type VideoRecord } from '#lib/db/models/video'
import type { Watchable } from '#lib/domain/permissions'
import { singleton } from '#lib/singleton'

/** What decides who may read a video's files. */
export interface StreamAccess extends Watchable {
  revisionId: string | null
  /** What its owner alone may watch while the file is still being uploaded. */
  earlyId: string | null
  /** The revision is still being made. */
  growing: boolean
  /** What it played before, which those who watched it then may go on with. */
  former: { revisionId: string; untilMs: number } | null
}

interface Entry {
  loadedAtMs: number
  access: Promise<StreamAccess | null>
  /** The revision that somebody wanted when it was asked for. */
  wanted: string
  /** What is asked for anew, once somebody wanted another revision. */
  again?: Promise<StreamAccess | null>
}

/** How long an answer holds: with the time of a query this keeps revocation within 10 s on every machine. */
const FRESH_MS = 5_000
/** A video or revision that was not there may be there in a moment: somebody waits for it to become playable. */
const MISSING_FRESH_MS = 500

const cache = () => singleton('stream-access', () => new LRUCache<string, Entry>({ max: 20_000 }))

/**
 * The access facts of a video, or null when it is not there or being deleted. At most 5 s old; however many ask at
 * once, the database is asked once. `revisionId` is the one wanted: an answer with another does not count before it was asked
 * for anew, half a second after the last time at the soonest, so that whoever hears at once of a new revision is not refused.
 */
export async function findStreamAccess(videoId: string, revisionId: string): Promise<StreamAccess | null> {
  const known = cache().get(videoId)
  // The monotonic clock: a machine whose clock is set back must not hold on to old answers.
  const ageMs = known === undefined ? Number.POSITIVE_INFINITY : performance.now() - known.loadedAtMs
  if (known === undefined || ageMs >= FRESH_MS) return loadStreamAccess(videoId, revisionId)
  const access = await known.access
  if (access !== null && isServed(access, revisionId)) return access
  if (ageMs < MISSING_FRESH_MS && (access === null || known.wanted === revisionId)) return access
  known.again ??= askAgain(videoId, revisionId, known)
  return known.again
}

async function askAgain(videoId: string, revisionId: string, known: Entry): Promise<StreamAccess | null> {
  await sleep(Math.max(0, known.loadedAtMs + MISSING_FRESH_MS - performance.now()))
  const newer = cache().get(videoId)
  return newer !== undefined && newer !== known ? newer.access : loadStreamAccess(videoId, revisionId)
}

/** Whether a revision is what the video plays, or did until a while ago. */
export function isServed(
  { revisionId: current, earlyId, former }: StreamAccess,
  revisionId: string,
): boolean {
  if (current === revisionId || earlyId === revisionId) return true
  return former?.revisionId === revisionId && Date.now() < former.untilMs
}

/** Forgets what is known of a video, so that a change made here counts from the next request on. */
export function forgetStreamAccess(videoId: string): void {
  cache().delete(videoId)
}

function loadStreamAccess(videoId: string, wanted: string): Promise<StreamAccess | null> {
  const access = queryStreamAccess(videoId)
  const entry: Entry = { loadedAtMs: performance.now(), access, wanted }
  cache().set(videoId, entry)
  access.catch(() => {
    // The next request asks again; this one's error goes to whoever waits for it.
    if (cache().get(videoId) === entry) cache().delete(videoId)
  })
  return access
}

async function queryStreamAccess(videoId: string): Promise<StreamAccess | null> {
  await connectDatabase()
  const video = await VideoModel.findOne(
    { _id: videoId, deletedAt: null, quarantine: null },
    {
      ownerId: 1,
      visibility: 1,
      'access.people': 1,
      'access.passwordVersion': 1,
      revision: 1,
      former: 1,
      'early.id': 1,
    },
  ).lean<Pick<VideoRecord, 'ownerId' | 'visibility' | 'access' | 'revision' | 'former' | 'early'> | null>()
  if (video === null) return null
  const { ownerId, visibility, access, revision, former, early } = video
  return {
    ownerId,
    visibility,
    ...(access && { access }),
    revisionId: revision?.id ?? null,
    earlyId: early?.id ?? null,
    growing: revision?.growing !== undefined,
    former: former ? { revisionId: former.revisionId, untilMs: former.until.getTime() } : null,
  }
}
