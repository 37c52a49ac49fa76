import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DATABASE_FOLDER } from '#lib/domain/media-paths'

/** A Unix socket's path may have 107 bytes on Linux and 103 on macOS. */
const PATH_BYTES_MAX = 100

export interface DatabasePaths {
  /** The folder of everything the database keeps. */
  folder: string
  file: string
  socket: string
  /** The folder to make for the socket: the database's own, or a private one when that path is too long. */
  socketFolder: string
}

/** Where the embedded database of a data folder lives; the same for every process that asks. */
export function buildDatabasePaths(dataPath: string): DatabasePaths {
  const folder = join(dataPath, DATABASE_FOLDER)
  const near = join(folder, 'peekr.sock')
  const file = join(folder, 'peekr.sqlite')
  if (Buffer.byteLength(near) <= PATH_BYTES_MAX) return { folder, file, socket: near, socketFolder: folder }
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16)
  const socketFolder = join(tmpdir(), `peekr-${process.getuid?.() ?? 0}-${name}`)
  return { folder, file, socket: join(socketFolder, 'peekr.sock'), socketFolder }
}

/** The connection string for a socket. `directConnection` keeps drivers from looking for other members. */
export function buildSocketUri(socket: string): string {
  return `mongodb://${encodeURIComponent(socket)}/peekr?directConnection=true`
}
