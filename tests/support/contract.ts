import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { type Collection, type Db, type Document, MongoClient } from 'mongodb'
import { openTestDatabase, type TestDatabase } from './test-database.ts'

export interface Contract {
  readonly client: MongoClient
  readonly db: Db
  readonly uri: string
  /** What only the embedded database promises (or only it can answer) is tested there alone. */
  readonly isEmbedded: boolean
  /** A collection of its own, filled. */
  collect(documents: Document[]): Promise<Collection<Document>>
  /** The server's own answer to a command of this database. */
  run(command: Document): Promise<Document>
  /** The command fails with this code; DocumentDB's codes differ in places, which the test then says. */
  refuses(command: Document, code: number, codeName?: string): Promise<void>
}

/** The database of one file of the contract suite: the embedded one, or the server MONGODB_URI names. */
export function openContract(name: string): Contract {
  let database: TestDatabase
  let client: MongoClient
  let made = 0
  before(async () => {
    database = await openTestDatabase(`contract-${name}`)
    client = await MongoClient.connect(database.uri, { serverSelectionTimeoutMS: 5_000 })
  })
  after(async () => {
    await client.close()
    await database.close()
  })
  return {
    get client() {
      return client
    },
    get db() {
      return client.db()
    },
    get uri() {
      return database.uri
    },
    get isEmbedded() {
      return database.uri.includes('.sock')
    },
    async collect(documents) {
      // DocumentDB makes no collection by itself when an index is asked for.
      const collection = await client.db().createCollection(`c${made++}`)
      if (documents.length > 0) await collection.insertMany(documents)
      return collection
    },
    run: (command) => client.db().command(command),
    async refuses(command, code, codeName) {
      await assert.rejects(client.db().command(command), (error: { code: number; codeName: string }) => {
        assert.equal(error.code, code, `${JSON.stringify(command)}: ${String(error)}`)
        if (codeName) assert.equal(error.codeName, codeName)
        return true
      })
    },
  }
}
