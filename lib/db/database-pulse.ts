import mongoose from 'mongoose'
import { PeekrError } from '#lib/errors'
import { singleton } from '#lib/singleton'

/** For so long a sign of life counts. */
const FRESH_MS = 500
/** A database that takes longer to say that it is there is away: whoever waits hears so within 2 s. */
const PATIENCE_MS = 1_500

interface Pulse {
  seenAtMs: number
  asking: Promise<void> | null
}

/**
 * Makes sure that the database answers, before a request gives itself up to it: a connection that is open and silent,
 * behind a router that drops packets or a server that hangs, would keep it waiting for ever. One question at a time
 * is asked for all who wait, and none while the last answer is fresh.
 * @throws database_away within 1.5 s
 */
export async function requirePulse(): Promise<void> {
  const pulse = singleton<Pulse>('db-pulse', () => ({ seenAtMs: Number.NEGATIVE_INFINITY, asking: null }))
  if (performance.now() - pulse.seenAtMs < FRESH_MS) return
  pulse.asking ??= ask(pulse)
  await pulse.asking
}

async function ask(pulse: Pulse): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error('No answer in time.')), PATIENCE_MS)
  try {
    const { db } = mongoose.connection
    if (db === undefined) throw new PeekrError('database_away')
    // The driver ends the operation by itself, but may take longer for the connection under it.
    const ping = db.command({ ping: 1 }, { timeoutMS: PATIENCE_MS })
    ping.catch(() => {}) // Of what comes too late nobody needs to hear.
    await Promise.race([ping, late])
    pulse.seenAtMs = performance.now()
  } catch (cause) {
    throw new PeekrError('database_away', { cause })
  } finally {
    clearTimeout(timer)
    pulse.asking = null
  }
}
