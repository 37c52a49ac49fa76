import { MongoError } from '#lib/db/embedded/mongo-error'
import { compileFilter, type Matches } from '#lib/db/embedded/query/compile-filter'
import { isTextKey, parseTextKey, sameTextFields, TEXT_OPTIONS } from '#lib/db/embedded/text/parse-text-index'
import type { TextFields } from '#lib/db/embedded/text/text-fields'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { valuesEqual } from '#lib/db/embedded/values/compare-values'
import { toFlag, toNumber } from '#lib/db/embedded/values/to-number'

export interface IndexField {
  path: string
  parts: string[]
  descending: boolean
}

export interface IndexSpec {
  name: string
  fields: IndexField[]
  unique: boolean
  sparse: boolean
  /** Only documents that match are in the index. */
  partial: { filter: BsonDocument; matches: Matches } | null
  expireAfterSeconds: number | null
  /** What a text index covers; it has no fields to compare. */
  text: TextFields | null
  /** As listIndexes reports it. */
  document: BsonDocument
}

const OPTIONS_KNOWN = new Set([
  'key',
  'name',
  'unique',
  'sparse',
  'partialFilterExpression',
  'expireAfterSeconds',
  'background',
  'v',
  'ns',
])

/**
 * Reads what createIndexes was given.
 * @throws CannotCreateIndex, InvalidIndexSpecificationOption for what the embedded database does not have.
 */
export function parseIndexSpec(given: BsonDocument): IndexSpec {
  const { key, name } = given
  if (!isDocument(key) || Object.keys(key).length === 0)
    throw new MongoError(67, 'Index keys cannot be empty.')
  if (given.collation !== undefined) {
    throw new MongoError(67, 'Indexes with a collation are not supported by the embedded database.')
  }
  const unknown = Object.keys(given).find(
    (option) => !OPTIONS_KNOWN.has(option) && !(isTextKey(key) && TEXT_OPTIONS.has(option)),
  )
  if (unknown) {
    throw new MongoError(197, `The field '${unknown}' is not valid for an index specification here.`)
  }
  const text = isTextKey(key) ? parseTextKey(given) : null
  const fields = text ? [] : Object.entries(key).map(([path, kind]) => parseField(path, kind))
  const indexName = typeof name === 'string' && name ? name : buildIndexName(key)
  const document: BsonDocument = { v: 2, key: text ? text.key : key, name: indexName }
  const unique = toFlag(given.unique)
  const sparse = toFlag(given.sparse)
  if (unique) document.unique = true
  if (sparse) document.sparse = true
  const partial = parsePartial(given.partialFilterExpression, sparse)
  if (partial) document.partialFilterExpression = partial.filter
  const expireAfterSeconds = parseExpiry(given.expireAfterSeconds, fields)
  if (expireAfterSeconds !== null) document.expireAfterSeconds = given.expireAfterSeconds
  if (text) Object.assign(document, text.options)
  return {
    name: indexName,
    fields,
    unique,
    sparse,
    partial,
    expireAfterSeconds,
    text: text?.spec ?? null,
    document,
  }
}

/** The name drivers give: `email_1_createdAt_-1`. */
export function buildIndexName(key: BsonDocument): string {
  return Object.entries(key)
    .map(([path, kind]) => `${path}_${typeof kind === 'string' ? kind : (toNumber(kind) ?? kind)}`)
    .join('_')
}

/** Whether two specifications describe the same index apart from the name. */
export function sameIndex(a: IndexSpec, b: IndexSpec): boolean {
  return sameKey(a, b) && sameOptions(a, b)
}

/** Whether two specifications cover the same fields in the same order and direction. */
export function sameKey(a: IndexSpec, b: IndexSpec): boolean {
  return (
    sameTextFields(a.text, b.text) &&
    a.fields.length === b.fields.length &&
    a.fields.every(
      (field, i) => field.path === b.fields[i]?.path && field.descending === b.fields[i]?.descending,
    )
  )
}

function sameOptions(a: IndexSpec, b: IndexSpec): boolean {
  return (
    a.unique === b.unique &&
    a.sparse === b.sparse &&
    a.expireAfterSeconds === b.expireAfterSeconds &&
    valuesEqual(a.partial?.filter ?? null, b.partial?.filter ?? null)
  )
}

function parseField(path: string, kind: unknown): IndexField {
  if (typeof kind === 'string') {
    throw new MongoError(67, `Indexes of the kind '${kind}' are not supported by the embedded database.`)
  }
  const direction = toNumber(kind)
  if (direction === null || direction === 0 || Number.isNaN(direction)) {
    throw new MongoError(67, `Values in the index key pattern must be 1 or -1: ${path}.`)
  }
  const parts = path.split('.')
  if (parts.some((part) => part === '' || part.startsWith('$'))) {
    throw new MongoError(67, `Index key '${path}' has an empty field name or one that starts with '$'.`)
  }
  return { path, parts, descending: direction < 0 }
}

function parsePartial(filter: unknown, sparse: boolean): IndexSpec['partial'] {
  if (filter === undefined) return null
  if (!isDocument(filter)) throw new MongoError(67, 'partialFilterExpression must be a document.')
  if (sparse) throw new MongoError(67, 'cannot mix "partialFilterExpression" and "sparse" options')
  return { filter, matches: compileFilter(filter) }
}

function parseExpiry(given: unknown, fields: IndexField[]): number | null {
  if (given === undefined) return null
  const seconds = toNumber(given)
  if (seconds === null || !(seconds >= 0) || seconds > 2147483647) {
    throw new MongoError(67, 'TTL index expireAfterSeconds must be a number between 0 and 2147483647.')
  }
  if (fields.length !== 1 || fields[0]?.path === '_id') {
    throw new MongoError(67, 'TTL indexes are single-field indexes, compound indexes do not support TTL.')
  }
  return seconds
}
