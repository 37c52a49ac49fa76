/**
 * The embedded database's process: `node main.ts DATA_PATH [SWEEP_MS]`, started by startEmbeddedDatabase with an IPC
 * channel. It ends when the parent says so or is gone, so it leaves no orphan. Signals are the parent's business:
 * Ctrl-C reaches the whole group, and the parent still has to hand back its jobs before the database may go.
 */

import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'

const [, , dataPath = '', sweepMs = '30000'] = process.argv

process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
process.on('SIGHUP', () => {})

// Reading and compiling its hundred files took 285 ms of CPU at every start, from this cache 80 ms. Node checks it
// against the files, and does without it where it may not write.
enableCompileCache(join(import.meta.dirname, '../../../node_modules/.cache/peekr-database'))

const { runDatabaseProcess } = await import('#lib/db/embedded/run-database-process')
await runDatabaseProcess(dataPath, Number(sweepMs))
flushCompileCache()
