import { Context, evalExpr } from 'mingo/core'
import * as accumulatorOperators from 'mingo/operators/accumulator'
import * as expressionOperators from 'mingo/operators/expression'
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

function compareWith(holds: (order: number) => unknown): Operator {
  return (object, expression, options) => {
    const [left, right] = evalExpr(object as never, expression as never, options as never) as [
      unknown,
      unknown,
    ]
    return holds(compareValues(left, right))
  }
}

/** mingo compares as JavaScript does; inside its operators too, comparisons must be MongoDB's. */
const COMPARISONS: Record<string, Operator> = {
  $eq: compareWith((order) => order === 0),
  $ne: compareWith((order) => order !== 0),
  $gt: compareWith((order) => order > 0),
  $gte: compareWith((order) => order >= 0),
  $lt: compareWith((order) => order < 0),
  $lte: compareWith((order) => order <= 0),
  $cmp: compareWith(Math.sign),
}

const known: Record<string, unknown> = { ...expressionOperators, ...accumulatorOperators }

const context = Context.init({
  expression: { ...expressionOperators, ...COMPARISONS } as never,
  accumulator: accumulatorOperators as never,
})

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
  if (typeof known[name] !== 'function' || REFUSED.has(name)) {
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
