import { setTimeout as sleep } from 'node:timers/promises'
import mongoose from 'mongoose'
import { getConfig } from '#lib/config'
import { createIndexes } from '#lib/db/create-indexes'
import { requirePulse } from '#lib/db/database-pulse'
import { endCutOffCommands } from '#lib/db/end-cut-off-commands'
import { requireWholeImport } from '#lib/db/import-mark'
import { indexOldVideos } from '#lib/db/index-old-videos'
import { isDatabaseAway } from '#lib/db/is-database-away'
import { MODELS } from '#lib/db/models'
import { PeekrError } from '#lib/errors'
import { getLog } from '#lib/log'
import { forgetSingleton, singleton } from '#lib/singleton'

/** A request that meets a database that is away has its 503 within this. */
const SERVER_SELECTION_MS = 2_000
/** How often, and for how long, the driver asks a server whether it is there; then it ends what waits for it. */
const HEARTBEAT_MS = 2_000
const HEARTBEAT_ANSWER_MS = 5_000
/** Making an index over many videos keeps the embedded database from answering anything else. */
const PREPARATION_MS = 10 * 60_000
/** Whoever ran the embedded database may have been killed, and be starting again. */
const OPENINGS_MAX = 5
const OPENING_PAUSE_MS = 500
export const DATABASE_NAME = 'peekr'

interface Database {
  uri: string
  stop(): Promise<void>
}

/**
 * Connects mongoose to `MONGODB_URI`, or to the embedded database, which is started when nobody runs it yet; makes
 * the indexes. Safe to call from anywhere at any time: the first call does it, all wait for that one. Every call makes
 * sure that the database is still there.
 * @throws database_away, within 2 s once it was connected
 */
export async function connectDatabase(): Promise<void> {
  await singleton('db', () =>
    openDatabase().catch((error: unknown) => {
      forgetSingleton('db') // the next call tries again
      throw error
    }),
  )
  await requirePulse()
}

/** Lets go of the database, and ends the embedded one if this process started it. Safe to call twice. */
export async function disconnectDatabase(): Promise<void> {
  const opening = singleton<Promise<Database> | null>('db', () => null)
  forgetSingleton('db')
  const database = await opening?.catch(() => null)
  await mongoose.disconnect()
  await database?.stop()
}

/** The connection string of the database in use. Call connectDatabase first. */
export async function databaseUri(): Promise<string> {
  const database = await singleton<Promise<Database> | null>('db', () => null)
  if (database === null) throw new PeekrError('database_away')
  return database.uri
}

/** What somebody named has to be there; the embedded one can end with the process that ran it, and is opened anew. */
async function openDatabase(): Promise<Database> {
  const { mongodbUri, dataPath } = getConfig()
  if (mongodbUri !== null) return connectTo({ uri: mongodbUri, stop: async () => {} })
  for (let opened = 1; ; opened++) {
    try {
      return await connectTo(await startEmbedded(dataPath))
    } catch (error) {
      if (opened === OPENINGS_MAX || !isDatabaseAway(error)) throw error
      getLog('database').warn(
        { err: error },
        'the embedded database went away while it was opened; trying again',
      )
      await sleep(OPENING_PAUSE_MS)
    }
  }
}

/** @throws database_away when it does not answer */
async function connectTo(database: Database): Promise<Database> {
  mongoose.set('strictQuery', true)
  mongoose.set('autoIndex', false)
  mongoose.set('autoCreate', false)
  endCutOffCommands()
  try {
    await prepare(database.uri)
    await connect(database.uri, { heartbeatFrequencyMS: HEARTBEAT_MS, connectTimeoutMS: HEARTBEAT_ANSWER_MS })
    return database
  } catch (error) {
    await mongoose.disconnect()
    await database.stop()
    if (!(error instanceof mongoose.Error.MongooseServerSelectionError)) throw error
    throw new PeekrError('database_away', {
      message: 'The database does not answer. Check MONGODB_URI, and that the server it names is running.',
      cause: error,
    })
  }
}

/** Makes what is missing, over a connection that lets the server take its time. */
async function prepare(uri: string): Promise<void> {
  await connect(uri, { connectTimeoutMS: PREPARATION_MS })
  if (mongoose.connection.db) await requireWholeImport(mongoose.connection.db)
  for (const model of MODELS) await createIndexes(model)
  await indexOldVideos()
  await mongoose.disconnect()
}

async function connect(uri: string, patience: mongoose.ConnectOptions): Promise<void> {
  await mongoose.connect(uri, {
    serverSelectionTimeoutMS: SERVER_SELECTION_MS,
    ...patience,
    // A database name in the connection string wins.
    ...(hasDatabaseName(uri) ? {} : { dbName: DATABASE_NAME }),
  })
}

async function startEmbedded(dataPath: string): Promise<Database> {
  const { startEmbeddedDatabase } = await import('#lib/db/embedded/start-embedded-database')
  return startEmbeddedDatabase({ dataPath })
}

/** Whether a connection string names a database; otherwise it is DATABASE_NAME. */
export function hasDatabaseName(uri: string): boolean {
  return /^mongodb(?:\+srv)?:\/\/[^/]+\/[^?]+/.test(uri)
}
