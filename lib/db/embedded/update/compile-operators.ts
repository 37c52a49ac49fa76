import { MongoError } from '#lib/db/embedded/mongo-error'
import { findMatchedIndex } from '#lib/db/embedded/query/matched-index'
import { bsonTypeName } from '#lib/db/embedded/query/type-test'
import type { ArrayFilters } from '#lib/db/embedded/update/array-filters'
import { changeAtPath, type FieldChange } from '#lib/db/embedded/update/change-at-path'
import { cloneValue } from '#lib/db/embedded/update/clone-value'
import { FIELD_OPERATORS } from '#lib/db/embedded/update/field-operators'
import { renameField } from '#lib/db/embedded/update/rename-field'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'

interface Step {
  path: string
  parts: string[]
  insertOnly: boolean
  /** Whether a path that is not there is made. */
  creates: boolean
  change: FieldChange | null
  renameTo: string[] | null
}

/**
 * Update operators as a function from a document to the changed one. Fields are taken in the order of their names, as
 * MongoDB does.
 * @throws FailedToParse, ConflictingUpdateOperators, EmptyFieldName, …
 */
export function compileOperators(
  update: BsonDocument,
  filter: BsonDocument,
  arrayFilters: ArrayFilters,
): (document: BsonDocument, inserting: boolean) => BsonDocument {
  const steps = Object.entries(update).flatMap(([operator, fields]) => parseOperator(operator, fields))
  steps.sort((a, b) => (a.path < b.path ? -1 : 1))
  requireNoConflict(
    steps.flatMap((step) => (step.renameTo ? [step.path, step.renameTo.join('.')] : [step.path])),
  )
  requireFiltersUsed(steps, arrayFilters)
  return (original, inserting) => {
    const document = cloneValue(original) as BsonDocument
    const findPosition = (path: string) => findMatchedIndex(filter, original, path)
    for (const { parts, insertOnly, creates, change, renameTo } of steps) {
      if (insertOnly && !inserting) continue
      if (renameTo) renameField(document, parts, renameTo)
      else if (change) changeAtPath({ document, parts, creates, change, arrayFilters, findPosition })
    }
    return document
  }
}

function parseOperator(operator: string, fields: unknown): Step[] {
  const insertOnly = operator === '$setOnInsert'
  const build = FIELD_OPERATORS[insertOnly ? '$set' : operator]
  if (!build && operator !== '$rename') {
    throw new MongoError(
      9,
      `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`,
    )
  }
  if (!isDocument(fields)) {
    throw new MongoError(
      9,
      `Modifiers operate on fields but we found type ${bsonTypeName(fields)} instead. For example: {$mod: {<field>: ...}} not {${operator}: ...}`,
    )
  }
  return Object.entries(fields).map(([path, argument]) => {
    const parts = parsePath(path)
    if (!build)
      return { path, parts, insertOnly, creates: false, change: null, renameTo: parseTarget(path, argument) }
    const { change, creates } = build(argument, path)
    return { path, parts, insertOnly, creates, change, renameTo: null }
  })
}

/** @throws EmptyFieldName, DollarPrefixedFieldName */
function parsePath(path: string): string[] {
  const parts = path.split('.')
  if (parts.some((part) => part === '')) {
    throw new MongoError(56, `The update path '${path}' contains an empty field name, which is not allowed.`)
  }
  const dollar = parts.find(
    (part, i) => part.startsWith('$') && (i === 0 || !/^\$(?:\[[a-zA-Z0-9]*\])?$/.test(part)),
  )
  if (dollar) {
    throw new MongoError(
      52,
      `The dollar ($) prefixed field '${dollar}' in '${path}' is not valid for storage.`,
    )
  }
  return parts
}

function parseTarget(path: string, target: unknown): string[] {
  if (typeof target !== 'string') {
    throw new MongoError(2, `The 'to' field for $rename must be a string: ${path}`)
  }
  if (`${path}${target}`.includes('$')) {
    throw new MongoError(2, `The fields for $rename may not be dynamic: ${path}`)
  }
  if (path === target) {
    throw new MongoError(2, `The source and target field for $rename must differ: ${path}: "${target}"`)
  }
  return parsePath(target)
}

function requireNoConflict(paths: string[]): void {
  const sorted = [...paths].sort()
  for (const path of sorted) {
    const other = sorted.find((candidate) => candidate !== path && candidate.startsWith(`${path}.`))
    if (other || sorted.filter((candidate) => candidate === path).length > 1) {
      throw new MongoError(40, `Updating the path '${other ?? path}' would create a conflict at '${path}'`)
    }
  }
}

function requireFiltersUsed(steps: Step[], arrayFilters: ArrayFilters): void {
  const used = new Set(
    steps.flatMap(({ parts }) => parts.flatMap((part) => /^\$\[(.+)\]$/.exec(part)?.[1] ?? [])),
  )
  const unknown = [...used].find((identifier) => !arrayFilters.has(identifier))
  if (unknown) throw new MongoError(2, `No array filter found for identifier '${unknown}' in path`)
  const idle = [...arrayFilters.keys()].find((identifier) => !used.has(identifier))
  if (idle) throw new MongoError(9, `The array filter for identifier '${idle}' was not used in the update`)
}
