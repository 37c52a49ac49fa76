/**
 * The embedded database's process: `node main.ts DATA_PATH [SWEEP_MS]`, started by startEmbeddedDatabase with an IPC
 * channel. It ends when the parent says so or is gone, so it leaves no orphan. Signals are the parent's business:
 * Ctrl-C reaches the whole group, and the parent still has to hand back its jobs before the database may go.
 */

import type { ChildMessage } from '#lib/db/embedded/child-message'
import { buildDatabasePaths } from '#lib/db/embedded/database-paths'
import { serveDatabase } from '#lib/db/embedded/serve-database'
import { isPeekrError } from '#lib/errors'

const [, , dataPath = '', sweepMs = '30000'] = process.argv

process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
process.on('SIGHUP', () => {})

let close = () => {}

function leave(): void {
  close()
  process.exit(0)
}

function tell(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.send) resolve()
    else process.send(message, () => resolve())
  })
}

process.on('disconnect', leave)
process.on('message', (message) => {
  if (message === 'stop') leave()
})

try {
  close = await serveDatabase(buildDatabasePaths(dataPath), Number(sweepMs))
  await tell({ ready: true })
} catch (error) {
  const message = isPeekrError(error)
    ? error.message
    : `The embedded database did not start: ${error instanceof Error ? (error.stack ?? error.message) : error}`
  await tell({ ready: false, message })
  process.exit(1)
}
