import { connectDatabase, disconnectDatabase } from '#lib/db/connect'

/** Runs the work of a command with the database, which it shares with a running server or starts for itself. */
export async function withDatabase<T>(work: () => Promise<T>): Promise<T> {
  await connectDatabase()
  try {
    return await work()
  } finally {
    await disconnectDatabase()
  }
}
