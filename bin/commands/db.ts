import type { Command } from 'commander'
import { connectDatabase, databaseUri, disconnectDatabase } from '#lib/db/connect'

/** `peekr db uri`: how the official driver and its tools reach the running database. */
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
}
