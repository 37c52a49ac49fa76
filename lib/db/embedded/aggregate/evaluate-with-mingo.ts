import { createRequire } from 'node:module'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { MISSING } from '#lib/db/embedded/query/field-path'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { compareValues } from '#lib/db/embedded/values/compare-values'
import { toPlain } from '#lib/db/embedded/values/to-plain'

/** Operators that run code, or whose answer depends on types that plain values no longer have. */
const REFUSED = new Set([
  '$function',
  '$accumulator',
  '$where',
  '$type',
  '$toDecimal',
  '$toObjectId',
  '$isNumber',
])

type Operator = (object: unknown, expression: unknown, options: unknown) => unknown

/** mingo compares as JavaScript does; inside its operators too, comparisons must be MongoDB's. */
function buildComparisons(evaluate: Operator): Record<string, Operator> {
  const compareWith = (holds: (order: number) => unknown): Operator => {
    return (object, expression, options) => {
      const [left, right] = evaluate(object, expression, options) as [unknown, unknown]
      return holds(compareValues(left, right))
    }
  }
  return {
    $eq: compareWith((order) => order === 0),
    $ne: compareWith((order) => order !== 0),
    $gt: compareWith((order) => order > 0),
    $gte: compareWith((order) => order >= 0),
    $lt: compareWith((order) => order < 0),
    $lte: compareWith((order) => order <= 0),
    $cmp: compareWith(Math.sign),
  }
}

/** mingo's 250 files are read when the first expression needs them, not at every start. */
function loadMingo() {
  const require = createRequire(import.meta.url)
  const { Context, evalExpr } = require('mingo/core') as typeof import('mingo/core')
  const expressions = require('mingo/operators/expression') as Record<string, unknown>
  const accumulators = require('mingo/operators/accumulator') as Record<string, unknown>
  const context = Context.init({
    expression: { ...expressions, ...buildComparisons(evalExpr as never) } as never,
    accumulator: accumulators as never,
  })
  return { evalExpr, context, known: { ...expressions, ...accumulators } as Record<string, unknown> }
}

let loaded: ReturnType<typeof loadMingo> | null = null

function getMingo(): ReturnType<typeof loadMingo> {
  loaded ??= loadMingo()
  return loaded
}

const plainRoots = new WeakMap<BsonDocument, BsonDocument>()

/**
 * Evaluates an expression with mingo's operators on plain JavaScript values.
 * @throws BadValue with mingo's words when the operator refuses its arguments.
 */
export function evaluateWithMingo(
  expression: BsonDocument,
  root: BsonDocument,
  variables: BsonDocument | undefined,
): unknown {
  let plain = plainRoots.get(root)
  if (!plain) {
    plain = toPlain(root) as BsonDocument
    plainRoots.set(root, plain)
  }
  const { context, evalExpr } = getMingo()
  const options = {
    context,
    idKey: '_id',
    scriptEnabled: false,
    useStrictMode: true,
    failOnError: true,
    processingMode: 0,
    variables: variables ? toPlain(variables) : {},
  }
  try {
    const value: unknown = evalExpr(plain as never, toPlain(expression) as never, options as never)
    return value === undefined ? MISSING : value
  } catch (cause) {
    if (cause instanceof MongoError) throw cause
    throw new MongoError(2, cause instanceof Error ? cause.message : String(cause))
  }
}

/** Checks an operator and those inside it before any document is read. @throws InvalidPipelineOperator */
export function requireKnownOperator(name: string, argument: unknown): void {
  if (typeof getMingo().known[name] !== 'function' || REFUSED.has(name)) {
    throw new MongoError(168, `Unrecognized expression '${name}'`)
  }
  if (name !== '$literal') requireKnownInside(argument)
}

function requireKnownInside(value: unknown): void {
  if (Array.isArray(value)) value.forEach(requireKnownInside)
  else if (isDocument(value)) {
    for (const [name, inner] of Object.entries(value)) {
      if (name.startsWith('$')) requireKnownOperator(name, inner)
      else requireKnownInside(inner)
    }
  }
}
