import mongoose from 'mongoose'
import { PeekrError } from '#lib/errors'

/**
 * The database server's clock. Leases are written and judged by this one clock, so a machine whose own
 * clock jumps neither steals work nor loses it.
 */
export async function getServerTime(): Promise<Date> {
  const { db } = mongoose.connection
  if (db === undefined) throw new PeekrError('database_away')
  const reply = await db.command({ hello: 1 })
  return new Date(reply.localTime)
}
