import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { createCursors } from '#lib/db/embedded/commands/cursors'
import { createRequestQueue } from '#lib/db/embedded/commands/request-queue'
import { forgetRetriedWrites } from '#lib/db/embedded/commands/retried-writes'
import type { DatabasePaths } from '#lib/db/embedded/database-paths'
import { createCatalog } from '#lib/db/embedded/storage/catalog'
import { expireDocuments } from '#lib/db/embedded/storage/expire-documents'
import { openStore } from '#lib/db/embedded/storage/open-store'
import type { Tables } from '#lib/db/embedded/storage/write-document'
import { serveConnection } from '#lib/db/embedded/wire/serve-connection'
import { PeekrError } from '#lib/errors'
import { getLog } from '#lib/log'

const CONNECTIONS_MAX = 2_000

/**
 * Opens the database and listens on its socket, in this process. Locks the file first, so a socket found there
 * belongs to a process that is gone.
 * @param sweepMs between two looks at TTL indexes and idle cursors.
 * @returns a function that stops listening, waits for nothing, and closes the file.
 * @throws database_away
 */
export async function serveDatabase(paths: DatabasePaths, sweepMs: number): Promise<() => void> {
  mkdirSync(paths.folder, { recursive: true, mode: 0o700 })
  const store = openStore(paths.file)
  const tables: Tables = { store, catalog: createCatalog(store) }
  const cursors = createCursors()
  const handle = createRequestQueue({ ...tables, cursors, startedAt: new Date() })
  const server = createServer((socket) => serveConnection(socket, handle))
  server.maxConnections = CONNECTIONS_MAX
  try {
    await listen(server, paths)
  } catch (error) {
    store.close()
    throw error
  }
  const timer = setInterval(() => {
    cursors.sweep()
    sweepTables(tables)
  }, sweepMs)
  timer.unref()
  return () => {
    clearInterval(timer)
    server.close()
    rmSync(paths.socket, { force: true })
    store.close()
  }
}

function sweepTables(tables: Tables): void {
  const { sqlite } = tables.store
  try {
    sqlite.exec('BEGIN IMMEDIATE')
    const removed = expireDocuments(tables)
    forgetRetriedWrites(tables.store)
    sqlite.exec('COMMIT')
    if (removed > 0) getLog('database').debug({ removed }, 'Removed documents whose time is over.')
  } catch (error) {
    if (sqlite.isTransaction) sqlite.exec('ROLLBACK')
    tables.catalog.reload()
    getLog('database').error(
      { err: error },
      'Removing documents whose time is over failed; it is tried again.',
    )
  }
}

async function listen(server: Server, { socket, socketFolder }: DatabasePaths): Promise<void> {
  mkdirSync(socketFolder, { recursive: true, mode: 0o700 })
  requireOwnFolder(socketFolder)
  rmSync(socket, { force: true })
  // The socket must never exist with wider rights, not even between bind and chmod.
  const umask = process.umask(0o177)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(socket, resolve)
    })
  } finally {
    process.umask(umask)
  }
  chmodSync(socket, 0o600)
}

/** In a shared temp folder somebody else might have made the folder first. */
function requireOwnFolder(folder: string): void {
  const { uid, mode } = lstatSync(folder)
  const ours = process.getuid === undefined || uid === process.getuid()
  if (!ours || lstatSync(folder).isSymbolicLink()) {
    throw new PeekrError('database_away', {
      message: `The folder ${folder} belongs to somebody else. Remove it, or set PEEKR_DATA to a shorter path.`,
    })
  }
  if (mode & 0o022) chmodSync(folder, 0o700)
}
