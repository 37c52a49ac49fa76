import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { findLastGoodBackup } from '#lib/db/embedded/storage/find-last-good-backup'
import { PeekrError } from '#lib/errors'

/** What changes when the tables do; a newer file is refused rather than misread. */
const LAYOUT_VERSION = 2
/** SQLITE_BUSY, the low byte of SQLite's extended codes. */
const BUSY = 5

export interface Store {
  sqlite: DatabaseSync
  /** A prepared statement, kept for the next time. */
  prepare(sql: string): StatementSync
  close(): void
}

/**
 * Opens the database file, and holds it: the lock belongs to this process and ends with it, however it ends.
 * Every commit is on the disk before it returns (WAL with synchronous=FULL).
 * @throws database_away (held by another process, which `details.held` says too, damaged, newer than this Peekr, or not
 * to be opened at all) with a sentence for the person at the terminal.
 */
export function openStore(path: string): Store {
  const sqlite = open(path)
  const statements = new Map<string, StatementSync>()
  return {
    sqlite,
    prepare(sql) {
      let statement = statements.get(sql)
      if (!statement) {
        statement = sqlite.prepare(sql)
        statements.set(sql, statement)
      }
      return statement
    },
    close() {
      statements.clear()
      sqlite.close()
    },
  }
}

function open(path: string): DatabaseSync {
  let sqlite: DatabaseSync | undefined
  try {
    sqlite = new DatabaseSync(path, { timeout: 500 })
    lock(sqlite)
    check(sqlite, path)
    return sqlite
  } catch (cause) {
    sqlite?.close()
    if (cause instanceof PeekrError) throw cause
    if (isDamage(cause)) throw damaged(path, cause)
    if (isBusy(cause)) {
      throw new PeekrError('database_away', {
        message: `Another process uses the database ${path}. Stop it first, or give this one another PEEKR_DATA.`,
        cause,
        details: { held: true },
      })
    }
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new PeekrError('database_away', {
      message: `The database ${path} could not be opened (${reason}). Check that its disk has space left, and that this user may write there.`,
      cause,
    })
  }
}

function lock(sqlite: DatabaseSync): void {
  // Exclusive mode keeps the file lock after the first write; WAL then needs no shared memory file either.
  sqlite.exec('PRAGMA locking_mode = EXCLUSIVE')
  sqlite.exec('PRAGMA journal_mode = WAL')
  sqlite.exec('PRAGMA synchronous = FULL')
  // The kernel caches the file as well; 64 MiB here were 45 MiB more in use and no faster.
  sqlite.exec('PRAGMA cache_size = -16384')
  sqlite.exec('BEGIN IMMEDIATE')
  sqlite.exec('CREATE TABLE IF NOT EXISTS layout (version INTEGER NOT NULL)')
  sqlite.exec('COMMIT')
}

function check(sqlite: DatabaseSync, path: string): void {
  const verdict = checkPages(sqlite)
  if (verdict !== 'ok') throw damaged(path, verdict)
  const row = sqlite.prepare('SELECT version FROM layout').get() as { version: number } | undefined
  if (row && row.version > LAYOUT_VERSION) {
    throw new PeekrError('database_away', {
      message: `The database ${path} was written by a newer Peekr. Update Peekr, or restore a backup made by this one.`,
    })
  }
  sqlite.exec('BEGIN IMMEDIATE')
  if (!row) sqlite.prepare('INSERT INTO layout (version) VALUES (?)').run(LAYOUT_VERSION)
  // Version 2 can have text indexes; the tables of version 1 are as they were.
  else if (row.version < LAYOUT_VERSION) sqlite.prepare('UPDATE layout SET version = ?').run(LAYOUT_VERSION)
  sqlite.exec(`
    CREATE TABLE IF NOT EXISTS collections (
      id INTEGER PRIMARY KEY AUTOINCREMENT, db TEXT NOT NULL, name TEXT NOT NULL, uuid BLOB NOT NULL,
      UNIQUE (db, name)
    );
    CREATE TABLE IF NOT EXISTS indexes (
      id INTEGER PRIMARY KEY AUTOINCREMENT, collection_id INTEGER NOT NULL, name TEXT NOT NULL, spec BLOB NOT NULL,
      multikey INTEGER NOT NULL DEFAULT 0, UNIQUE (collection_id, name)
    );
    CREATE TABLE IF NOT EXISTS retried_writes (
      session BLOB NOT NULL, number INTEGER NOT NULL, reply BLOB NOT NULL, written_at INTEGER NOT NULL,
      PRIMARY KEY (session, number)
    ) WITHOUT ROWID;
  `)
  sqlite.exec('COMMIT')
}

/**
 * What SQLite says about the pages of the file: `ok`, or what is wrong first. Each table by itself (`sqlite_schema` has
 * the free pages with it), since a check of the whole file would also have FTS5 read every text index through, which
 * takes as long as all the rest; their tables are checked like the others.
 */
export function checkPages(sqlite: DatabaseSync): string {
  try {
    const tables = sqlite
      .prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 UNION ALL SELECT 'sqlite_schema'",
      )
      .all() as { name: string }[]
    for (const { name } of tables) {
      const row = sqlite.prepare(`PRAGMA quick_check("${name}")`).get() as { quick_check: string }
      if (row.quick_check !== 'ok') return row.quick_check
    }
    return 'ok'
  } catch (error) {
    if (isDamage(error)) return String(error)
    throw error
  }
}

function isDamage(error: unknown): boolean {
  return /not a database|malformed|database corruption/.test(String(error))
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === BUSY
}

/** The file is left as it is: it may be all there is of what came after the last backup. */
function damaged(path: string, cause: unknown): PeekrError {
  const backup = findLastGoodBackup(dirname(path))
  const remedy = backup
    ? `The last good backup is ${backup.path}, made ${backup.madeAt.toISOString()}: move the damaged file and ${path}-wal aside, copy the backup to ${path}, and start again.`
    : 'There is no good backup of it. Keep a copy of the file; to begin with an empty database, move it aside.'
  return new PeekrError('database_away', {
    message: `The database ${path} is damaged. ${remedy}`,
    cause,
  })
}
