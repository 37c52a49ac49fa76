import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import mongoose from 'mongoose'
import { parseConfig } from '#lib/config'
import { connectDatabase, disconnectDatabase } from '#lib/db/connect'
import { startEmbeddedDatabase } from '#lib/db/embedded/start-embedded-database'
import { configureLog } from '#lib/log'
import { forgetSingleton, singleton } from '#lib/singleton'

export interface TestDatabase {
  uri: string
  /** Drops the database, ends what was started, removes its folder. */
  close(): Promise<void>
}

/** A fresh database for one test file: on the server MONGODB_URI names, otherwise an embedded one of its own. */
export async function openTestDatabase(name: string): Promise<TestDatabase> {
  configureLog('silent')
  const databaseName = `peekr-${name}-${randomBytes(4).toString('hex')}`
  const given = process.env.MONGODB_URI
  if (given) return { uri: withDatabaseName(given, databaseName), close: () => drop(given, databaseName) }
  const dataPath = await mkdtemp(join(tmpdir(), 'peekr-database-'))
  const embedded = await startEmbeddedDatabase({ dataPath, sweepMs: 300 })
  return {
    uri: withDatabaseName(embedded.uri, databaseName),
    async close() {
      await embedded.stop()
      await rm(dataPath, { recursive: true, force: true })
    },
  }
}

/** A fresh database with mongoose connected to it, its indexes made, as connectDatabase does for the server. */
export async function withTestDatabase(): Promise<TestDatabase> {
  const database = await openTestDatabase('models')
  forgetSingleton('config')
  singleton('config', () => parseConfig({ MONGODB_URI: database.uri }))
  await connectDatabase()
  return {
    uri: database.uri,
    async close() {
      await mongoose.connection.dropDatabase()
      await disconnectDatabase()
      forgetSingleton('config')
      await database.close()
    },
  }
}

function withDatabaseName(uri: string, name: string): string {
  return uri.replace(/^(mongodb(?:\+srv)?:\/\/[^/?]+)\/?[^?]*/, `$1/${name}`)
}

async function drop(uri: string, name: string): Promise<void> {
  const client = await MongoClient.connect(uri)
  await client.db(name).dropDatabase()
  await client.close()
}
