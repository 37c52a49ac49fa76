import { compileExpression } from '#lib/db/embedded/aggregate/compile-expression'
import type { Evaluate } from '#lib/db/embedded/aggregate/expression-form'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { compileElementTest } from '#lib/db/embedded/query/compile-filter'
import { MISSING, readField, writeField } from '#lib/db/embedded/query/field-path'
import { parseSlice, pickPositional } from '#lib/db/embedded/query/projection-operators'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { toFlag, toNumber } from '#lib/db/embedded/values/to-number'

export type Project = (document: BsonDocument, variables?: BsonDocument) => BsonDocument

/** A projection as a tree: what to do with each field. */
interface Node {
  children: Map<string, Node>
  action: Action | null
}

type Action =
  | { kind: 'include' | 'exclude' }
  | { kind: 'evaluate'; evaluate: Evaluate }
  /** `otherwise` is what becomes of a value that is no array: kept, or left out. */
  | { kind: 'array'; pick: (items: unknown[], root: BsonDocument) => unknown; otherwise: 'keep' | 'omit' }

interface Parsed {
  root: Node
  inclusive: boolean
  includeId: boolean
}

/**
 * A projection as a function; null for an empty one. Fields keep the document's order, computed ones follow.
 * @param filter the query's filter, which the positional `$` refers to; null in aggregation, which has none.
 * @throws BadValue and MongoDB's own codes for projections that cannot be.
 */
export function compileProjection(projection: BsonDocument, filter: BsonDocument | null): Project | null {
  if (Object.keys(projection).length === 0) return null
  const { root, inclusive, includeId } = parseProjection(projection, filter)
  return (document, variables) => {
    const result = inclusive
      ? include(root, document, document, variables)
      : exclude(root, document, document)
    if (!inclusive) addComputed(root, document, document, result, variables)
    if (!includeId) delete result._id
    else if (inclusive && !root.children.has('_id') && Object.hasOwn(document, '_id')) {
      return { _id: document._id, ...result }
    }
    return result
  }
}

function parseProjection(projection: BsonDocument, filter: BsonDocument | null): Parsed {
  const root: Node = { children: new Map(), action: null }
  let inclusive: boolean | null = null
  let includeId = true
  for (const [path, given] of flatten(projection)) {
    const flag = readFlag(given)
    if (path === '_id' && flag !== null) {
      includeId = flag
      if (flag && inclusive === null && Object.keys(projection).length === 1) inclusive = true
      continue
    }
    const neutral = isArrayOperator(given, filter) || isFindMeta(given, filter)
    const wanted = neutral ? null : (flag ?? true)
    if (wanted !== null && inclusive !== null && inclusive !== wanted) {
      throw new MongoError(
        wanted ? 31253 : 31254,
        `Cannot do ${wanted ? 'inclusion' : 'exclusion'} on field ${path} in ${wanted ? 'exclusion' : 'inclusion'} projection`,
      )
    }
    if (wanted !== null) inclusive = wanted
    if (isElemMatch(given)) inclusive ??= true
    place(root, path.endsWith('.$') ? path.slice(0, -2) : path, parseAction(path, given, flag, filter))
    if (path.endsWith('.$')) inclusive ??= true
  }
  return { root, inclusive: inclusive ?? false, includeId }
}

/** `{a: {b: 1}}` is `{'a.b': 1}`; a document of operators stays whole. */
function flatten(projection: BsonDocument, prefix = ''): [string, unknown][] {
  return Object.entries(projection).flatMap(([name, given]) => {
    const path = `${prefix}${name}`
    if (!isDocument(given) || Object.keys(given)[0]?.startsWith('$'))
      return [[path, given] as [string, unknown]]
    if (Object.keys(given).length === 0) {
      throw new MongoError(51270, 'An empty sub-projection is not a valid value. Found empty object at path')
    }
    return flatten(given, `${path}.`)
  })
}

function readFlag(given: unknown): boolean | null {
  return typeof given === 'boolean' || toNumber(given) !== null ? toFlag(given) : null
}

function isElemMatch(given: unknown): boolean {
  return isDocument(given) && Object.hasOwn(given, '$elemMatch')
}

/** In find a score goes with either kind of projection, and by itself leaves all other fields in. */
function isFindMeta(given: unknown, filter: BsonDocument | null): boolean {
  return filter !== null && isDocument(given) && Object.hasOwn(given, '$meta')
}

/** `$slice` with numbers, in find only, goes with either kind of projection. */
function isArrayOperator(given: unknown, filter: BsonDocument | null): boolean {
  return (
    filter !== null &&
    isDocument(given) &&
    (Object.hasOwn(given, '$slice') || Object.hasOwn(given, '$elemMatch'))
  )
}

function parseAction(
  path: string,
  given: unknown,
  flag: boolean | null,
  filter: BsonDocument | null,
): Action {
  if (path.endsWith('.$')) {
    if (!filter) throw new MongoError(31324, 'The positional projection cannot be used in an aggregation')
    const array = path.slice(0, -2)
    return {
      kind: 'array',
      pick: (items, root) => pickPositional(items, root, array, filter),
      otherwise: 'keep',
    }
  }
  if (flag !== null) return { kind: flag ? 'include' : 'exclude' }
  if (filter && isDocument(given)) {
    if (Object.hasOwn(given, '$slice'))
      return { kind: 'array', pick: parseSlice(given.$slice), otherwise: 'keep' }
    if (Object.hasOwn(given, '$elemMatch')) {
      const test = compileElementTest(given.$elemMatch)
      return {
        kind: 'array',
        otherwise: 'omit',
        pick: (items) => {
          const found = items.find(test)
          return found === undefined ? MISSING : [found]
        },
      }
    }
  }
  return { kind: 'evaluate', evaluate: compileExpression(given) }
}

function place(root: Node, path: string, action: Action): void {
  let node = root
  for (const part of path.split('.')) {
    if (part === '') throw new MongoError(15998, 'FieldPath field names may not be empty strings.')
    if (part.startsWith('$')) throw new MongoError(16410, "FieldPath field names may not start with '$'.")
    if (node.action) throw new MongoError(31249, `Path collision at ${path}`)
    let child = node.children.get(part)
    if (!child) {
      child = { children: new Map(), action: null }
      node.children.set(part, child)
    }
    node = child
  }
  if (node.action || node.children.size > 0) throw new MongoError(31250, `Path collision at ${path}`)
  node.action = action
}

function include(
  node: Node,
  document: BsonDocument,
  root: BsonDocument,
  variables?: BsonDocument,
): BsonDocument {
  const result: BsonDocument = {}
  for (const [name, value] of Object.entries(document)) {
    const child = node.children.get(name)
    if (!child && !(name === '_id' && document === root)) continue
    const kept = child ? includeValue(child, value, root, variables) : value
    if (kept !== MISSING) writeField(result, name, kept)
  }
  addComputed(node, document, root, result, variables)
  return result
}

function includeValue(node: Node, value: unknown, root: BsonDocument, variables?: BsonDocument): unknown {
  const { action } = node
  if (action?.kind === 'include') return value
  // Computed values are added after the fields that were there.
  if (action?.kind === 'evaluate') return MISSING
  if (action?.kind === 'array') return pickItems(action, value, root)
  if (Array.isArray(value)) {
    return value.map((item) => includeValue(node, item, root, variables)).filter((item) => item !== MISSING)
  }
  return isDocument(value) ? include(node, value, root, variables) : MISSING
}

/** What an array operator leaves of a field. */
function pickItems(action: Action & { kind: 'array' }, value: unknown, root: BsonDocument): unknown {
  if (Array.isArray(value)) return action.pick(value, root)
  return action.otherwise === 'keep' ? value : MISSING
}

function exclude(node: Node, document: BsonDocument, root: BsonDocument): BsonDocument {
  const result: BsonDocument = {}
  for (const [name, value] of Object.entries(document)) {
    const child = node.children.get(name)
    const kept = child ? excludeValue(child, value, root) : value
    if (kept !== MISSING) writeField(result, name, kept)
  }
  return result
}

function excludeValue(node: Node, value: unknown, root: BsonDocument): unknown {
  const { action } = node
  if (action?.kind === 'exclude') return MISSING
  if (action?.kind === 'array') return pickItems(action, value, root)
  if (Array.isArray(value)) return value.map((item) => excludeValue(node, item, root))
  return isDocument(value) ? exclude(node, value, root) : value
}

/** Sets what expressions give, making the documents on the way; through arrays, in every element. */
function addComputed(
  node: Node,
  document: BsonDocument,
  root: BsonDocument,
  result: BsonDocument,
  variables: BsonDocument | undefined,
): void {
  for (const [name, child] of node.children) {
    if (child.action?.kind === 'evaluate') {
      const value = child.action.evaluate(root, variables)
      if (value !== MISSING) writeField(result, name, value)
    } else if (!child.action && hasComputed(child) && readField(document, name) === MISSING) {
      const made: BsonDocument = {}
      addComputed(child, {}, root, made, variables)
      writeField(result, name, made)
    }
  }
}

function hasComputed(node: Node): boolean {
  return node.action?.kind === 'evaluate' || [...node.children.values()].some(hasComputed)
}
