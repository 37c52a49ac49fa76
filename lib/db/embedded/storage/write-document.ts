import { ObjectId } from 'bson'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { buildIndexKeys } from '#lib/db/embedded/storage/build-index-keys'
import type { Catalog, Collection, CollectionIndex } from '#lib/db/embedded/storage/catalog'
import { buildDuplicateKeyError } from '#lib/db/embedded/storage/duplicate-key'
import type { Store } from '#lib/db/embedded/storage/open-store'
import { addTextEntry, buildTextEntry, removeTextEntry } from '#lib/db/embedded/text/text-index'
import { type BsonDocument, RANK, typeRank } from '#lib/db/embedded/values/bson-type'
import { encodeDocument } from '#lib/db/embedded/values/document-codec'
import { encodeKey } from '#lib/db/embedded/values/encode-key'

/** What `hello` announces as `maxBsonObjectSize`. */
export const DOCUMENT_SIZE_BYTES_MAX = 16 * 1024 * 1024

export interface Tables {
  store: Store
  catalog: Catalog
}

/** One stored document: SQLite's row number and the decoded document. */
export interface StoredDocument {
  rid: number
  document: BsonDocument
}

/**
 * Stores a document, with an `_id` first. Either all of it is stored (document and index entries) or nothing.
 * @param bytes the document as the client sent it, kept as it is when its first field is `_id`.
 * @returns the document's `_id`.
 * @throws DuplicateKey, InvalidIdField, BSONObjectTooLarge, CannotIndexParallelArrays
 */
export function insertDocument(
  tables: Tables,
  collection: Collection,
  given: BsonDocument,
  bytes: Uint8Array | null,
): unknown {
  const document = withIdFirst(given)
  requireId(document._id)
  const stored = document === given && bytes ? bytes : encodeDocument(document)
  requireSize(stored.length)
  const idKey = encodeKey(document._id)
  const idIndex = collection.indexes[0] as CollectionIndex
  if (tables.store.prepare(`SELECT 1 FROM ${collection.table} WHERE id = ?`).get(idKey)) {
    throw buildDuplicateKeyError(collection, idIndex, document, idKey)
  }
  const entries = keyIndexes(collection).map((index) => ({ index, ...buildIndexKeys(index, document) }))
  const texts = textIndexes(collection).map((index) => ({ index, entry: buildTextEntry(index, document) }))
  for (const { index, keys } of entries) requireUnique(tables, collection, index, document, keys)
  const { lastInsertRowid } = tables.store
    .prepare(`INSERT INTO ${collection.table} (id, doc) VALUES (?, ?)`)
    .run(idKey, stored)
  for (const { index, keys, multikey } of entries) {
    if (multikey && !index.multikey) tables.catalog.markMultikey(index)
    addEntries(tables, index, keys, Number(lastInsertRowid))
  }
  for (const { index, entry } of texts) addTextEntry(tables.store, index, entry, Number(lastInsertRowid))
  return document._id
}

/** Replaces a stored document by a changed one; all or nothing, as insertDocument. */
export function replaceDocument(
  tables: Tables,
  collection: Collection,
  old: StoredDocument,
  document: BsonDocument,
): void {
  const bytes = encodeDocument(document)
  requireSize(bytes.length)
  const changes = keyIndexes(collection).map((index) => {
    const before = buildIndexKeys(index, old.document).keys
    const { keys: after, multikey } = buildIndexKeys(index, document)
    return { index, multikey, removed: without(before, after), added: without(after, before) }
  })
  const texts = textIndexes(collection)
    .map((index) => ({
      index,
      before: buildTextEntry(index, old.document),
      after: buildTextEntry(index, document),
    }))
    .filter(({ before, after }) => before !== after)
  for (const { index, added } of changes) requireUnique(tables, collection, index, document, added)
  for (const { index, removed, added, multikey } of changes) {
    removeEntries(tables, index, removed, old.rid)
    if (multikey && !index.multikey) tables.catalog.markMultikey(index)
    addEntries(tables, index, added, old.rid)
  }
  for (const { index, before, after } of texts) {
    removeTextEntry(tables.store, index, before, old.rid)
    addTextEntry(tables.store, index, after, old.rid)
  }
  tables.store.prepare(`UPDATE ${collection.table} SET doc = ? WHERE rid = ?`).run(bytes, old.rid)
}

export function removeDocument(
  tables: Tables,
  collection: Collection,
  { rid, document }: StoredDocument,
): void {
  for (const index of keyIndexes(collection)) {
    removeEntries(tables, index, buildIndexKeys(index, document).keys, rid)
  }
  for (const index of textIndexes(collection)) {
    removeTextEntry(tables.store, index, buildTextEntry(index, document), rid)
  }
  tables.store.prepare(`DELETE FROM ${collection.table} WHERE rid = ?`).run(rid)
}

/** Adds one document to an index that is being built. @throws DuplicateKey */
export function indexDocument(
  tables: Tables,
  collection: Collection,
  index: CollectionIndex,
  { rid, document }: StoredDocument,
): void {
  if (index.text) {
    addTextEntry(tables.store, index, buildTextEntry(index, document), rid)
    return
  }
  const { keys, multikey } = buildIndexKeys(index, document)
  requireUnique(tables, collection, index, document, keys)
  if (multikey && !index.multikey) tables.catalog.markMultikey(index)
  addEntries(tables, index, keys, rid)
}

/** The indexes that hold keys, apart from that of `_id`, which is the document table. */
function keyIndexes(collection: Collection): CollectionIndex[] {
  return collection.indexes.slice(1).filter(({ text }) => !text)
}

function textIndexes(collection: Collection): CollectionIndex[] {
  return collection.indexes.filter(({ text }) => text)
}

/** @throws InvalidIdField */
export function requireId(id: unknown): void {
  const rank = typeRank(id)
  const kind =
    rank === RANK.array
      ? 'array'
      : rank === RANK.regex
        ? 'regex'
        : rank === RANK.undefined
          ? 'undefined'
          : null
  if (kind) throw new MongoError(53, `The '_id' value cannot be of type ${kind}`)
}

function withIdFirst(given: BsonDocument): BsonDocument {
  if (!Object.hasOwn(given, '_id')) return { _id: new ObjectId(), ...given }
  if (Object.keys(given)[0] === '_id') return given
  const { _id, ...rest } = given
  return { _id, ...rest }
}

function requireSize(sizeBytes: number): void {
  if (sizeBytes > DOCUMENT_SIZE_BYTES_MAX) {
    throw new MongoError(
      10334,
      `BSONObj size: ${sizeBytes} is invalid. Size must be between 0 and ${DOCUMENT_SIZE_BYTES_MAX}`,
    )
  }
}

function requireUnique(
  tables: Tables,
  collection: Collection,
  index: CollectionIndex,
  document: BsonDocument,
  keys: Buffer[],
): void {
  if (!index.unique) return
  const find = tables.store.prepare(`SELECT 1 FROM ${index.table} WHERE key = ?`)
  const taken = keys.find((key) => find.get(key) !== undefined)
  if (taken) throw buildDuplicateKeyError(collection, index, document, taken)
}

function addEntries(tables: Tables, index: CollectionIndex, keys: Buffer[], rid: number): void {
  const add = tables.store.prepare(`INSERT INTO ${index.table} (key, rid) VALUES (?, ?)`)
  for (const key of keys) add.run(key, rid)
}

function removeEntries(tables: Tables, index: CollectionIndex, keys: Buffer[], rid: number): void {
  const remove = tables.store.prepare(`DELETE FROM ${index.table} WHERE key = ? AND rid = ?`)
  for (const key of keys) remove.run(key, rid)
}

function without(keys: Buffer[], others: Buffer[]): Buffer[] {
  return others.length === 0 ? keys : keys.filter((key) => !others.some((other) => other.equals(key)))
}
