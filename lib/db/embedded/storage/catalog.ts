import { randomUUID } from 'node:crypto'
import { UUID } from 'bson'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { type IndexSpec, parseIndexSpec } from '#lib/db/embedded/storage/index-spec'
import type { Store } from '#lib/db/embedded/storage/open-store'
import { buildTextTable } from '#lib/db/embedded/text/text-index'
import { decodeDocument, encodeDocument } from '#lib/db/embedded/values/document-codec'

export interface CollectionIndex extends IndexSpec {
  id: number
  /** The SQLite table and column that hold the encoded keys; for `_id` that is the document table itself. */
  table: string
  keyColumn: string
  multikey: boolean
}

export interface Collection {
  id: number
  db: string
  name: string
  namespace: string
  uuid: UUID
  table: string
  /** The `_id` index first. */
  indexes: CollectionIndex[]
}

export interface Catalog {
  find(db: string, name: string): Collection | null
  list(): Collection[]
  /** Finds or makes. */
  create(db: string, name: string): Collection
  drop(collection: Collection): void
  addIndex(collection: Collection, spec: IndexSpec): CollectionIndex
  dropIndex(collection: Collection, index: CollectionIndex): void
  /** Gives an index another specification over the same keys. */
  changeIndex(collection: Collection, index: CollectionIndex, spec: IndexSpec): void
  markMultikey(index: CollectionIndex): void
  /** After a transaction was rolled back: what is in memory may not be what is stored. */
  reload(): void
}

/** What collections and indexes there are; kept in memory, stored in the tables `collections` and `indexes`. */
export function createCatalog(store: Store): Catalog {
  let collections = readCollections(store)

  return {
    find: (db, name) => collections.get(`${db}.${name}`) ?? null,
    list: () => [...collections.values()],
    create(db, name) {
      const namespace = `${db}.${name}`
      const existing = collections.get(namespace)
      if (existing) return existing
      requireNamespace(db, name)
      const uuid = new UUID(randomUUID())
      const { lastInsertRowid } = store
        .prepare('INSERT INTO collections (db, name, uuid) VALUES (?, ?, ?)')
        .run(db, name, uuid.buffer)
      const collection = buildCollection(Number(lastInsertRowid), db, name, uuid)
      store.sqlite.exec(
        `CREATE TABLE ${collection.table} (rid INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, doc BLOB NOT NULL)`,
      )
      collections.set(namespace, collection)
      return collection
    },
    drop(collection) {
      for (const index of collection.indexes.slice(1)) store.sqlite.exec(`DROP TABLE ${index.table}`)
      store.sqlite.exec(`DROP TABLE ${collection.table}`)
      store.prepare('DELETE FROM indexes WHERE collection_id = ?').run(collection.id)
      store.prepare('DELETE FROM collections WHERE id = ?').run(collection.id)
      collections.delete(collection.namespace)
    },
    addIndex(collection, spec) {
      const { lastInsertRowid } = store
        .prepare('INSERT INTO indexes (collection_id, name, spec) VALUES (?, ?, ?)')
        .run(collection.id, spec.name, encodeDocument(spec.document))
      const index = buildIndex(Number(lastInsertRowid), spec, false)
      const primaryKey = spec.unique ? 'key' : 'key, rid'
      store.sqlite.exec(
        spec.text
          ? buildTextTable(index.table)
          : `CREATE TABLE ${index.table} (key BLOB NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (${primaryKey})) WITHOUT ROWID`,
      )
      collection.indexes.push(index)
      return index
    },
    dropIndex(collection, index) {
      store.sqlite.exec(`DROP TABLE ${index.table}`)
      store.prepare('DELETE FROM indexes WHERE id = ?').run(index.id)
      collection.indexes = collection.indexes.filter((other) => other !== index)
    },
    changeIndex(collection, index, spec) {
      store.prepare('UPDATE indexes SET spec = ? WHERE id = ?').run(encodeDocument(spec.document), index.id)
      const changed = buildIndex(index.id, spec, index.multikey)
      collection.indexes = collection.indexes.map((other) => (other === index ? changed : other))
    },
    markMultikey(index) {
      store.prepare('UPDATE indexes SET multikey = 1 WHERE id = ?').run(index.id)
      index.multikey = true
    },
    reload() {
      collections = readCollections(store)
    },
  }
}

function readCollections(store: Store): Map<string, Collection> {
  const collections = new Map<string, Collection>()
  const rows = store.prepare('SELECT id, db, name, uuid FROM collections ORDER BY id').all()
  for (const row of rows as { id: number; db: string; name: string; uuid: Uint8Array }[]) {
    const collection = buildCollection(row.id, row.db, row.name, new UUID(row.uuid))
    const indexes = store
      .prepare('SELECT id, spec, multikey FROM indexes WHERE collection_id = ? ORDER BY id')
      .all(row.id) as { id: number; spec: Uint8Array; multikey: number }[]
    for (const { id, spec, multikey } of indexes) {
      collection.indexes.push(buildIndex(id, parseIndexSpec(decodeDocument(spec)), multikey === 1))
    }
    collections.set(collection.namespace, collection)
  }
  return collections
}

function buildCollection(id: number, db: string, name: string, uuid: UUID): Collection {
  const table = `documents_${id}`
  const idSpec = parseIndexSpec({ key: { _id: 1 }, name: '_id_' })
  const idIndex = { ...idSpec, unique: true, id: 0, table, keyColumn: 'id', multikey: false }
  return { id, db, name, namespace: `${db}.${name}`, uuid, table, indexes: [idIndex] }
}

function buildIndex(id: number, spec: IndexSpec, multikey: boolean): CollectionIndex {
  return { ...spec, id, table: `entries_${id}`, keyColumn: 'key', multikey }
}

/** @throws InvalidNamespace */
function requireNamespace(db: string, name: string): void {
  const bad =
    db === '' ||
    /[/\\. "$\0]/.test(db) ||
    db.length > 63 ||
    name === '' ||
    /[$\0]/.test(name) ||
    name.startsWith('.')
  if (bad || name.startsWith('system.') || `${db}.${name}`.length > 255) {
    throw new MongoError(73, `Invalid namespace specified '${db}.${name}'`)
  }
}
