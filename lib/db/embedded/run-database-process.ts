import type { ChildMessage } from '#lib/db/embedded/child-message'
import { buildDatabasePaths } from '#lib/db/embedded/database-paths'
import { serveDatabase } from '#lib/db/embedded/serve-database'
import { isPeekrError } from '#lib/errors'

/**
 * Serves a data folder's database until the parent says `stop` over IPC or is gone, and tells it once whether it could
 * start. Ends this process.
 */
export async function runDatabaseProcess(dataPath: string, sweepMs: number): Promise<void> {
  let close = () => {}
  const leave = () => {
    close()
    process.exit(0)
  }
  process.on('disconnect', leave)
  process.on('message', (message) => {
    if (message === 'stop') leave()
  })
  try {
    close = await serveDatabase(buildDatabasePaths(dataPath), sweepMs)
    await tell({ ready: true })
  } catch (error) {
    const message = isPeekrError(error)
      ? error.message
      : `The embedded database did not start: ${error instanceof Error ? (error.stack ?? error.message) : error}`
    await tell({ ready: false, message, held: isPeekrError(error) && error.details.held === true })
    process.exit(1)
  }
}

function tell(message: ChildMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.send) resolve()
    else process.send(message, () => resolve())
  })
}
