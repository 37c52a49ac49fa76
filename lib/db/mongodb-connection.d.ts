/** What `end-cut-off-commands.ts` uses of the driver's own connection, which it does not export. */
declare module 'mongodb/lib/cmap/connection.js' {
  import type { EventEmitter } from 'node:events'

  export class Connection extends EventEmitter {
    /** Why it closed; null while it is open. */
    error: Error | null
    /** Resolves when the command is written. */
    writeCommand(command: unknown, options: unknown): Promise<void>
  }
}
