import type { Command } from 'commander'
import { connectDatabase, databaseUri, disconnectDatabase } from '#lib/db/connect'
import { type CollectionTally, exportDatabase } from '#lib/db/export-database'
import { importDatabase } from '#lib/db/import-database'
import { withRawDatabase } from '#lib/db/with-raw-database'

/** `peekr db …`: how other tools reach the database, and how it moves to another one. */
export function registerDatabaseCommands(program: Command): void {
  const db = program.command('db').description('the database')
  db.command('uri')
    .description('print a connection string for the database in use')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      await connectDatabase()
      try {
        const uri = await databaseUri()
        console.log(options.json ? JSON.stringify({ uri }) : uri)
      } finally {
        await disconnectDatabase()
      }
    })
  db.command('export <file>')
    .description('write the whole database into one new file; Peekr must not be running')
    .option('--json', 'print JSON')
    .action(async (file: string, { json }: { json?: boolean }) => {
      print(await withRawDatabase((database) => exportDatabase(database, file)), json)
    })
  db.command('import <file>')
    .description('store an export in the empty database that MONGODB_URI or PEEKR_DATA names')
    .option('--json', 'print JSON')
    .action(async (file: string, { json }: { json?: boolean }) => {
      print(await withRawDatabase((database) => importDatabase(database, file)), json)
    })
}

function print(collections: CollectionTally[], json: boolean | undefined): void {
  if (json) {
    console.log(JSON.stringify({ collections }))
    return
  }
  for (const { name, count, checksum } of collections) {
    console.log(`${name}: ${count} documents, checksum ${checksum.slice(0, 16)}`)
  }
  const total = collections.reduce((sum, { count }) => sum + count, 0)
  console.log(`${total} documents in ${collections.length} collections, compared with what is stored.`)
}
