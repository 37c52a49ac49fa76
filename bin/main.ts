import { Command } from 'commander'
import { getConfig } from '#lib/config'
import { isPeekrError } from '#lib/errors'
import { configureLog } from '#lib/log'
import { registerBackupCommand } from './commands/backup.ts'
import { registerDatabaseCommands } from './commands/db.ts'
import { registerDoctorCommand } from './commands/doctor.ts'
import { registerImportCommand } from './commands/import.ts'
import { registerLibraryCommands } from './commands/library.ts'
import { registerRestoreCommand } from './commands/restore.ts'
import { registerSnapshotCommands } from './commands/snapshot.ts'
import { registerStartCommands } from './commands/start.ts'
import { registerStorageCommands } from './commands/storage.ts'
import { registerTokenCommands } from './commands/token.ts'
import { registerUserCommands } from './commands/user.ts'
import { stopWithLauncher } from './stop-with-launcher.ts'

stopWithLauncher()

/** The `peekr` command. `bin/peekr` runs this file on Node 24 once everything it needs is there. */
const program = new Command('peekr')
  .description('A self-hosted video platform: upload anything, watch it anywhere, lose nothing.')
  .showHelpAfterError('Run `peekr help` to see every command.')

registerStartCommands(program)
registerImportCommand(program)
registerUserCommands(program)
registerTokenCommands(program)
registerStorageCommands(program)
registerSnapshotCommands(program)
registerLibraryCommands(program)
registerBackupCommand(program)
registerRestoreCommand(program)
registerDatabaseCommands(program)
registerDoctorCommand(program)

try {
  configureLog(getConfig().logLevel)
  await program.parseAsync()
} catch (error) {
  // What Peekr itself throws is a sentence for the person at the terminal; anything else needs its stack.
  console.error(isPeekrError(error) ? error.message : error)
  process.exitCode = 1
}
