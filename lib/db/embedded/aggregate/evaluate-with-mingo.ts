import { createRequire } from 'node:module'
import { Double } from 'bson'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { MISSING } from '#lib/db/embedded/query/field-path'
import { type BsonDocument, bsonClass, isDocument } from '#lib/db/embedded/values/bson-type'
import { toNumber } from '#lib/db/embedded/values/to-number'
import { toPlain } from '#lib/db/embedded/values/to-plain'

/** What mingo computes: texts, dates from texts and to them, and functions whose result is a double. */
const TEXTS_AND_DATES = new Set([
  ...[
    '$concat',
    '$indexOfBytes',
    '$ltrim',
    '$regexFind',
    '$regexFindAll',
    '$regexMatch',
    '$replaceAll',
    '$replaceOne',
  ],
  ...[
    '$rtrim',
    '$split',
    '$strcasecmp',
    '$strLenBytes',
    '$strLenCP',
    '$substr',
    '$substrBytes',
    '$substrCP',
    '$toLower',
  ],
  ...[
    '$toUpper',
    '$trim',
    '$dateFromParts',
    '$dateFromString',
    '$dateToParts',
    '$dateToString',
    '$dateTrunc',
  ],
])
const DOUBLES = new Set([
  ...[
    '$exp',
    '$ln',
    '$log',
    '$log10',
    '$sqrt',
    '$sin',
    '$cos',
    '$tan',
    '$asin',
    '$acos',
    '$atan',
    '$atan2',
    '$sinh',
  ],
  ...['$cosh', '$tanh', '$asinh', '$acosh', '$atanh', '$degreesToRadians', '$radiansToDegrees', '$rand'],
  ...['$stdDevPop', '$stdDevSamp'],
])

/** mingo's 250 files are read when the first expression needs them, not at every start. */
function loadMingo() {
  const require = createRequire(import.meta.url)
  const { Context, evalExpr } = require('mingo/core') as typeof import('mingo/core')
  const expressions = require('mingo/operators/expression') as Record<string, unknown>
  const accumulators = require('mingo/operators/accumulator') as Record<string, unknown>
  const context = Context.init({ expression: expressions as never, accumulator: accumulators as never })
  return { evalExpr, context }
}

let loaded: ReturnType<typeof loadMingo> | null = null

/** Whether mingo computes this operator here. */
export function isMingoOperator(name: string): boolean {
  return TEXTS_AND_DATES.has(name) || DOUBLES.has(name)
}

/**
 * One of mingo's operators on arguments that are evaluated already: a list, named ones, or one. Numbers are given to it
 * as JavaScript's; the result gets the type that MongoDB's manual gives it.
 * @throws BadValue with mingo's words when the operator refuses its arguments; NotImplemented for a Decimal128
 */
export function evaluateWithMingo(name: string, given: unknown): unknown {
  loaded ??= loadMingo()
  const { context, evalExpr } = loaded
  const options = {
    context,
    idKey: '_id',
    scriptEnabled: false,
    useStrictMode: true,
    failOnError: true,
    processingMode: 0,
    variables: {},
  }
  try {
    const argument = toLiterals(DOUBLES.has(name) ? toDoubles(given) : toPlain(given), 0)
    const value: unknown = evalExpr({} as never, { [name]: argument } as never, options as never)
    if (value === undefined) return MISSING
    if (typeof value !== 'number') return value
    return DOUBLES.has(name) ? new Double(value) : value
  } catch (cause) {
    if (cause instanceof MongoError) throw cause
    throw new MongoError(2, cause instanceof Error ? cause.message : String(cause))
  }
}

/** Every number as a double. @throws NotImplemented for a Decimal128, whose result would have to be one */
function toDoubles(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toDoubles)
  if (bsonClass(value) === 'Decimal128')
    throw new MongoError(238, 'This function of a Decimal128 is not supported here.')
  return value === MISSING ? null : (toNumber(value) ?? value)
}

/** What mingo would evaluate again is marked as being the value itself. */
function toLiterals(value: unknown, depth: number): unknown {
  if (value === MISSING || value === undefined) return null
  if (depth === 0 && Array.isArray(value)) return value.map((item) => toLiterals(item, 1))
  if (depth === 0 && isDocument(value)) {
    const named: BsonDocument = {}
    for (const [name, field] of Object.entries(value)) named[name] = toLiterals(field, 1)
    return named
  }
  const isPlain = value === null || typeof value !== 'object'
  return isPlain && !(typeof value === 'string' && value.startsWith('$')) ? value : { $literal: value }
}
