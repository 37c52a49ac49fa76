import { DatabaseSync } from 'node:sqlite'
import { MongoError } from '#lib/db/embedded/mongo-error'

/** As MongoDB: what a sort may keep in memory before it goes to the disk, or fails where that is not allowed. */
const SORT_SIZE_BYTES_MAX = 100 * 1024 * 1024

/** What an entry takes besides its key and its item. */
const ENTRY_SIZE_BYTES = 120

export interface SortOptions {
  /** Only so many of the first are wanted; 0 is all. */
  limit?: number
  /** False refuses what does not fit into memory. MongoDB has allowed the disk by default since 6.0. */
  allowDiskUse?: boolean
  sizeBytesMax?: number
}

/** How items get to the disk and back. */
export interface ItemCodec<T> {
  sizeBytes(item: T): number
  encode(item: T): Uint8Array
  decode(bytes: Uint8Array): T
}

interface Entry<T> {
  key: Buffer
  /** Equal keys keep the order in which they came. */
  place: number
  item: T
}

/**
 * Items in the order of their keys. It reads them all first, keeps what fits into memory there, and the rest in a
 * temporary file that has no name and goes away with this process at the latest.
 * @param items null among them is a pause, and handed on.
 * @throws 292 when it does not fit and the disk is not allowed
 */
export function* sortItems<T>(
  items: Iterable<{ key: Buffer; item: T } | null>,
  codec: ItemCodec<T>,
  { limit = 0, allowDiskUse = true, sizeBytesMax = SORT_SIZE_BYTES_MAX }: SortOptions,
): Generator<T | null> {
  let entries: Entry<T>[] = []
  let sizeBytes = 0
  let place = 0
  let spill: DatabaseSync | null = null
  // Sorting now and then keeps little more than what is wanted.
  const trimAt = limit > 0 ? Math.max(limit * 2, 1000) : Number.POSITIVE_INFINITY
  try {
    for (const given of items) {
      if (given === null) {
        yield null
        continue
      }
      const { key, item } = given
      entries.push({ key, place: place++, item })
      sizeBytes += entrySize(key, codec.sizeBytes(item))
      if (entries.length >= trimAt || (limit > 0 && sizeBytes > sizeBytesMax && entries.length > limit)) {
        entries = entries.sort(compareEntries).slice(0, limit)
        sizeBytes = entries.reduce((sum, entry) => sum + entrySize(entry.key, codec.sizeBytes(entry.item)), 0)
      }
      if (sizeBytes <= sizeBytesMax) continue
      if (!allowDiskUse) {
        throw new MongoError(
          292,
          `Sort exceeded memory limit of ${sizeBytesMax} bytes, but did not opt in to external sorting.`,
        )
      }
      spill ??= openSpill()
      writeEntries(spill, entries, codec)
      entries = []
      sizeBytes = 0
    }
    if (!spill) {
      for (const { item } of entries.sort(compareEntries)) yield item
      return
    }
    writeEntries(spill, entries, codec)
    entries = []
    const rows = spill.prepare('SELECT item FROM entries ORDER BY key, place').iterate()
    for (const row of rows) yield codec.decode(row.item as Uint8Array)
  } finally {
    spill?.close()
  }
}

function entrySize(key: Buffer, itemSizeBytes: number): number {
  return key.length + itemSizeBytes + ENTRY_SIZE_BYTES
}

function compareEntries(a: Entry<unknown>, b: Entry<unknown>): number {
  return Buffer.compare(a.key, b.key) || a.place - b.place
}

/** A database of its own in a file that SQLite unlinks at once: an empty name asks for that. */
function openSpill(): DatabaseSync {
  const spill = new DatabaseSync('')
  spill.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8192')
  spill.exec(
    'CREATE TABLE entries (key BLOB NOT NULL, place INTEGER NOT NULL, item BLOB NOT NULL, PRIMARY KEY (key, place)) WITHOUT ROWID',
  )
  return spill
}

function writeEntries<T>(spill: DatabaseSync, entries: Entry<T>[], codec: ItemCodec<T>): void {
  const insert = spill.prepare('INSERT INTO entries (key, place, item) VALUES (?, ?, ?)')
  spill.exec('BEGIN')
  for (const { key, place, item } of entries.sort(compareEntries)) insert.run(key, place, codec.encode(item))
  spill.exec('COMMIT')
}
