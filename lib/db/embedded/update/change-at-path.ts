import { MongoError } from '#lib/db/embedded/mongo-error'
import { isArrayIndex, MISSING, readField, writeField } from '#lib/db/embedded/query/field-path'
import { bsonTypeName } from '#lib/db/embedded/query/type-test'
import type { ArrayFilters } from '#lib/db/embedded/update/array-filters'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'

/** The new value of a field from its old one (MISSING when it is not there); MISSING removes it. */
export type FieldChange = (old: unknown) => unknown

export interface PathChange {
  document: BsonDocument
  parts: string[]
  creates: boolean
  change: FieldChange
  arrayFilters: ArrayFilters
  /** What `$` stands for in the array at a path; null when the filter does not say. */
  findPosition: (path: string) => number | null
}

/** How far a path may lengthen an array, as in MongoDB. */
const PADDING_MAX = 1_500_000

/** Changes one field in place, making or entering documents and arrays on the way. @throws PathNotViable, BadValue */
export function changeAtPath(request: PathChange): void {
  enter(request, request.document, 0, '')
}

function enter(request: PathChange, holder: unknown, at: number, path: string): void {
  const part = request.parts[at] as string
  if (part.startsWith('$')) {
    enterElements(request, holder, at, path, part)
  } else if (Array.isArray(holder)) {
    enterIndex(request, holder, at, path, part)
  } else if (isDocument(holder)) {
    const old = readField(holder, part)
    const next = step(request, old, at, join(path, part))
    if (next === MISSING) delete holder[part]
    else if (next !== old) writeField(holder, part, next)
  } else if (request.creates) {
    throw new MongoError(
      28,
      `Cannot create field '${part}' in element {${path.split('.').at(-1)}: ${describe(holder)}}`,
    )
  }
}

/** The new value of what the path has reached; the same object when it was changed inside. */
function step(request: PathChange, old: unknown, at: number, path: string): unknown {
  if (at === request.parts.length - 1) return request.change(old)
  if (old === MISSING) {
    if (!request.creates) return MISSING
    if (request.parts[at + 1]?.startsWith('$')) throw notAnArray(path)
    const made: BsonDocument = {}
    enter(request, made, at + 1, path)
    return made
  }
  enter(request, old, at + 1, path)
  return old
}

function enterIndex(request: PathChange, array: unknown[], at: number, path: string, part: string): void {
  if (!isArrayIndex(part)) {
    if (!request.creates) return
    throw new MongoError(
      28,
      `Cannot create field '${part}' in element {${path.split('.').at(-1)}: ${describe(array)}}`,
    )
  }
  const index = Number(part)
  const old = index < array.length ? array[index] : MISSING
  const next = step(request, old, at, join(path, part))
  if (next === MISSING) {
    if (old !== MISSING) array[index] = null
    return
  }
  if (index - array.length > PADDING_MAX)
    throw new MongoError(2, `can't backfill more than ${PADDING_MAX} elements`)
  while (array.length < index) array.push(null)
  array[index] = next
}

function enterElements(request: PathChange, holder: unknown, at: number, path: string, part: string): void {
  if (part === '$') {
    const index = request.findPosition(path)
    if (index === null) {
      throw new MongoError(2, 'The positional operator did not find the match needed from the query.')
    }
    enterIndex(request, holder as unknown[], at, path, String(index))
    return
  }
  if (!Array.isArray(holder)) throw notAnArray(path)
  const filter = part === '$[]' ? null : request.arrayFilters.get(part.slice(2, -1))
  holder.forEach((element, index) => {
    if (!filter || filter(element)) enterIndex(request, holder, at, path, String(index))
  })
}

function notAnArray(path: string): MongoError {
  return new MongoError(2, `The path '${path}' must exist in the document in order to apply array updates.`)
}

function join(path: string, part: string): string {
  return path === '' ? part : `${path}.${part}`
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  return Array.isArray(value) || isDocument(value) ? bsonTypeName(value) : String(value)
}
