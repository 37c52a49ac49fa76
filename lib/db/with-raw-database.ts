import { mongo } from 'mongoose'
import { getConfig } from '#lib/config'
import { DATABASE_NAME, hasDatabaseName } from '#lib/db/connect'
import { findRunningEmbeddedDatabase } from '#lib/db/embedded/find-running-embedded-database'
import { startEmbeddedDatabase } from '#lib/db/embedded/start-embedded-database'
import { endCutOffCommands } from '#lib/db/end-cut-off-commands'
import { PeekrError } from '#lib/errors'

const SERVER_SELECTION_MS = 5_000

/**
 * Runs something that needs the configured database for itself, without models and without making indexes: an export
 * or an import.
 * @throws conflict while a Peekr on this machine uses the embedded database; database_away
 */
export async function withRawDatabase<T>(work: (db: mongo.Db) => Promise<T>): Promise<T> {
  const { mongodbUri, dataPath } = getConfig()
  if (mongodbUri !== null) return withClient(mongodbUri, work)
  if (await findRunningEmbeddedDatabase({ dataPath })) {
    throw new PeekrError('conflict', {
      message: 'Peekr is running, and would go on writing meanwhile. Stop it, then try again.',
    })
  }
  const embedded = await startEmbeddedDatabase({ dataPath })
  try {
    return await withClient(embedded.uri, work)
  } finally {
    await embedded.stop()
  }
}

async function withClient<T>(uri: string, work: (db: mongo.Db) => Promise<T>): Promise<T> {
  endCutOffCommands()
  const client = new mongo.MongoClient(uri, { serverSelectionTimeoutMS: SERVER_SELECTION_MS })
  try {
    await client.connect()
    return await work(client.db(hasDatabaseName(uri) ? undefined : DATABASE_NAME))
  } catch (error) {
    if (!(error instanceof mongo.MongoServerSelectionError)) throw error
    throw new PeekrError('database_away', {
      message: 'The database does not answer. Check MONGODB_URI, and that the server it names is running.',
      cause: error,
    })
  } finally {
    await client.close()
  }
}
