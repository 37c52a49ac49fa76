import { setTimeout as sleep } from 'node:timers/promises'
import { UploadModel, type UploadRecord } from '#lib/db/models/upload'
import { PeekrError } from '#lib/errors'
import { getLog } from '#lib/log'
import { singleton } from '#lib/singleton'
import { closeFile, type HeldUpload } from '#lib/upload/held-upload'
import { getProcessName, hasProcessEnded } from '#lib/upload/process-name'

export interface UploadLeases {
  /**
   * Makes this process the only one that may write the upload, taking over from another one: that is asked to let go,
   * and is passed over when it has ended or shows no sign of life. null when the upload is no longer open.
   * @throws locked when the other process does not let go in time
   */
  hold(uploadId: string): Promise<HeldUpload | null>
  /** The same only if nobody has to be disturbed for it. */
  tryHold(uploadId: string): Promise<HeldUpload | null>
  /** What a record is created with, so that its creator holds it without another write. */
  newLease(uploadId: string): { holder: string; beat: number }
  find(uploadId: string): HeldUpload | null
  /** @throws locked when the lease could not be renewed for so long that somebody else may have it by now */
  requireHeld(uploadId: string): void
  /** Lets go in this process alone: the record went, or was written without its lease. Twice is safe. */
  forget(uploadId: string): Promise<void>
  /** Lets go of everything. */
  close(): Promise<void>
}

const TICK_MS = 500
const BEAT_TICKS = 6
/** A lease kept this long after its last use saves a client that sends one chunk after the other a write for each. */
const IDLE_MS = 2_500
/** A holder whose beat has stood still for this long is gone. Measured on the challenger's clock: no clocks are compared. */
const SILENT_MS = 15_000
/** A holder that could not beat for this long stops writing, well before a challenger may begin. */
const CONFIRMED_MS_MAX = 10_000
const POLL_MS = 100
const WAIT_MS = 20_000
const TRUSTED = { sanitizeFilter: false, timestamps: false } as const

/**
 * Leases on uploads for one process, kept in the uploads' own records, since several processes may serve one library.
 * One write when a process takes an upload up and one when it lets go, none in between but a beat every 3 s: the
 * requests of one process queue in its own locker (upload-locker.ts).
 * @param holder differs from the process's own name only in tests
 */
export function createUploadLeases(holder = getProcessName()): UploadLeases {
  const held = new Map<string, HeldUpload>()
  const watched = new Map<string, { beat: string; sinceMs: number }>()
  let timer: NodeJS.Timeout | null = null
  let ticking: Promise<void> | null = null
  let releasing: Promise<void> = Promise.resolve()
  let ticks = 0

  function keep(uploadId: string, unverifiedFrom: number | null): HeldUpload {
    const nowMs = performance.now()
    const entry: HeldUpload = {
      interrupt: null,
      file: null,
      storedBytes: null,
      unverifiedFrom,
      admitted: null,
      usedAtMs: nowMs,
      confirmedAtMs: nowMs,
    }
    held.set(uploadId, entry)
    watched.delete(uploadId)
    timer ??= setInterval(() => {
      ticking ??= tick().finally(() => {
        ticking = null
      })
    }, TICK_MS).unref()
    return entry
  }

  async function take(uploadId: string, condition: object): Promise<UploadRecord | null> {
    return UploadModel.findOneAndUpdate(
      { _id: uploadId, state: 'open', ...condition },
      { $set: { lease: { holder, beat: 0 }, leaseWanted: false } },
      { ...TRUSTED, returnDocument: 'after' },
    ).lean()
  }

  /** One try: held by us now, or the record as it stands, or null when there is nothing to hold. */
  async function tryTake(uploadId: string): Promise<HeldUpload | UploadRecord | null> {
    const free = { $or: [{ lease: null }, { 'lease.holder': holder }] }
    const taken = await take(uploadId, free)
    if (taken !== null) return keep(uploadId, taken.unverifiedFrom ?? null)
    const record = await UploadModel.findOne({ _id: uploadId, state: 'open' }).lean()
    if (!record?.lease) return record
    const { lease } = record
    if (!(await hasProcessEnded(lease.holder)) && !isSilent(uploadId, lease)) return record
    const same = { 'lease.holder': lease.holder, 'lease.beat': lease.beat }
    const takenOver = await take(uploadId, same)
    return takenOver === null ? record : keep(uploadId, takenOver.unverifiedFrom ?? null)
  }

  function isSilent(uploadId: string, lease: { holder: string; beat: number }): boolean {
    const beat = `${lease.holder} ${lease.beat}`
    const seen = watched.get(uploadId)
    if (seen?.beat === beat) return performance.now() - seen.sinceMs > SILENT_MS
    watched.set(uploadId, { beat, sinceMs: performance.now() })
    return false
  }

  async function hold(uploadId: string): Promise<HeldUpload | null> {
    const known = await findAfterRelease(uploadId)
    if (known !== null) return known
    let asked = false
    for (const deadlineMs = performance.now() + WAIT_MS; performance.now() < deadlineMs; ) {
      const found = await tryTake(uploadId)
      if (found === null || isHeld(found)) return found
      if (!asked) await UploadModel.updateOne({ _id: uploadId }, { $set: { leaseWanted: true } }, TRUSTED)
      asked = true
      await sleep(POLL_MS)
    }
    throw new PeekrError('locked', { details: { uploadId, retryAfterSeconds: 2 } })
  }

  async function tick(): Promise<void> {
    ticks += 1
    try {
      if (ticks % BEAT_TICKS === 0) await beat()
      const wanted = await findWanted()
      releasing = releaseUnused(wanted)
      await releasing
    } catch (error) {
      getLog('upload').debug({ err: error }, 'The leases on uploads could not be renewed this time.')
    }
    if (held.size > 0 || timer === null) return
    clearInterval(timer)
    timer = null
  }

  async function beat(): Promise<void> {
    const nowMs = performance.now()
    const ids = [...held.keys()]
    const own = { _id: { $in: ids }, 'lease.holder': holder }
    await UploadModel.updateMany(own, { $inc: { 'lease.beat': 1 } }, TRUSTED)
    const still = await UploadModel.find(own, { _id: 1 }).setOptions(TRUSTED).lean()
    for (const { _id } of still) {
      const entry = held.get(_id)
      if (entry !== undefined) entry.confirmedAtMs = nowMs
    }
    const kept = new Set(still.map(({ _id }) => _id))
    for (const id of ids) if (!kept.has(id)) await lose(id)
  }

  async function findWanted(): Promise<Set<string>> {
    const wanted = await UploadModel.find({ _id: { $in: [...held.keys()] }, leaseWanted: true }, { _id: 1 })
      .setOptions(TRUSTED)
      .lean()
    return new Set(wanted.map(({ _id }) => _id))
  }

  /** Lets go of what nobody here uses any more, or another process waits for; whoever writes that is asked to stop. */
  async function releaseUnused(wanted: Set<string>): Promise<void> {
    for (const id of wanted) held.get(id)?.interrupt?.()
    await release(
      [...held]
        .filter(([, { interrupt }]) => interrupt === null)
        .filter(([id, { usedAtMs }]) => wanted.has(id) || performance.now() - usedAtMs > IDLE_MS)
        .map(([id]) => id),
    )
  }

  async function release(ids: string[]): Promise<void> {
    if (ids.length === 0) return
    await Promise.all(ids.map(forget))
    const own = { _id: { $in: ids }, 'lease.holder': holder }
    await UploadModel.updateMany(own, { $set: { lease: null, leaseWanted: false } }, TRUSTED)
  }

  /** Not in the middle of letting go: the release would end a lease taken anew. */
  async function findAfterRelease(uploadId: string): Promise<HeldUpload | null> {
    await releasing.catch(() => {}) // the tick has logged it
    return held.get(uploadId) ?? null
  }

  /** Somebody else has it, or the upload is over: whoever writes here must stop. */
  async function lose(uploadId: string): Promise<void> {
    held.get(uploadId)?.interrupt?.()
    await forget(uploadId)
  }

  async function forget(uploadId: string): Promise<void> {
    const entry = held.get(uploadId)
    held.delete(uploadId)
    if (entry !== undefined) await closeFile(entry)
  }

  return {
    hold,
    forget,
    find: (uploadId) => held.get(uploadId) ?? null,
    async tryHold(uploadId) {
      const known = await findAfterRelease(uploadId)
      if (known !== null) return known
      const found = await tryTake(uploadId)
      return found !== null && isHeld(found) ? found : null
    },
    newLease(uploadId) {
      keep(uploadId, null)
      return { holder, beat: 0 }
    },
    requireHeld(uploadId) {
      const entry = held.get(uploadId)
      if (entry !== undefined && performance.now() - entry.confirmedAtMs < CONFIRMED_MS_MAX) return
      throw new PeekrError('locked', { details: { uploadId, retryAfterSeconds: 2 } })
    },
    async close() {
      if (timer !== null) clearInterval(timer)
      timer = null
      await ticking
      await release([...held.keys()]).catch((error: unknown) => {
        // The database is away: whoever wants these uploads finds that this process has ended.
        getLog('upload').debug({ err: error }, 'The leases on uploads could not be given back.')
      })
    },
  }
}

/** The leases of this process. */
export function getUploadLeases(): UploadLeases {
  return singleton('upload.leases', () => createUploadLeases())
}

function isHeld(found: HeldUpload | UploadRecord): found is HeldUpload {
  return 'confirmedAtMs' in found
}
