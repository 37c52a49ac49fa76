import { ARRAY_OPERATORS } from '#lib/db/embedded/aggregate/array-operators'
import { CONVERSION_OPERATORS } from '#lib/db/embedded/aggregate/conversion-operators'
import { evaluateWithMingo, isMingoOperator } from '#lib/db/embedded/aggregate/evaluate-with-mingo'
import type { Evaluate } from '#lib/db/embedded/aggregate/expression-form'
import { findPathValue } from '#lib/db/embedded/aggregate/find-path-value'
import { isTrue } from '#lib/db/embedded/aggregate/is-true'
import { NUMBER_OPERATORS } from '#lib/db/embedded/aggregate/number-operators'
import { OBJECT_OPERATORS } from '#lib/db/embedded/aggregate/object-operators'
import type { Operator } from '#lib/db/embedded/aggregate/operator'
import { SPECIAL_FORMS } from '#lib/db/embedded/aggregate/special-forms'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { MISSING, writeField } from '#lib/db/embedded/query/field-path'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { compareValues } from '#lib/db/embedded/values/compare-values'

/**
 * An aggregation expression as a function on values with their BSON types; mingo computes texts and parts of dates.
 * @throws InvalidPipelineOperator for an operator that is not known.
 */
export function compileExpression(expression: unknown): Evaluate {
  if (typeof expression === 'string') return compileText(expression)
  if (Array.isArray(expression)) {
    const items = expression.map(compileExpression)
    return (root, variables) => items.map((evaluate) => orNull(evaluate(root, variables)))
  }
  if (!isDocument(expression)) return () => expression
  const [name] = Object.keys(expression)
  if (name?.startsWith('$')) {
    if (Object.keys(expression).length > 1) {
      throw new MongoError(
        15983,
        'an expression specification must contain exactly one field, the name of the expression.',
      )
    }
    return compileOperator(name, expression[name])
  }
  const fields = Object.entries(expression).map(
    ([field, value]) => [field, compileExpression(value)] as const,
  )
  return (root, variables) => {
    const result: BsonDocument = {}
    for (const [field, evaluate] of fields) {
      const value = evaluate(root, variables)
      if (value !== MISSING) writeField(result, field, value)
    }
    return result
  }
}

function compileText(text: string): Evaluate {
  if (!text.startsWith('$')) return () => text
  if (!text.startsWith('$$')) {
    const parts = text.slice(1).split('.')
    if (parts.some((part) => part === ''))
      throw new MongoError(40353, "FieldPath must not end with a '.' or be empty.")
    return (root) => findPathValue(root, parts)
  }
  const [name = '', ...parts] = text.slice(2).split('.')
  return (root, variables) => findPathValue(readVariable(name, root, variables), parts)
}

function readVariable(name: string, root: BsonDocument, variables: BsonDocument | undefined): unknown {
  if (name === 'ROOT' || name === 'CURRENT') return root
  if (name === 'REMOVE') return MISSING
  if (variables && Object.hasOwn(variables, name)) return variables[name]
  if (name === 'NOW') return new Date()
  throw new MongoError(17276, `Use of undefined variable: ${name}`)
}

const OPERATORS: Record<string, Operator> = {
  $eq: buildComparison((order) => order === 0),
  $ne: buildComparison((order) => order !== 0),
  $gt: buildComparison((order) => order > 0),
  $gte: buildComparison((order) => order >= 0),
  $lt: buildComparison((order) => order < 0),
  $lte: buildComparison((order) => order <= 0),
  $cmp: buildComparison(Math.sign),
  $not: { min: 1, max: 1, run: ([value]) => !isTrue(value) },
  ...NUMBER_OPERATORS,
  ...CONVERSION_OPERATORS,
  ...ARRAY_OPERATORS,
  ...OBJECT_OPERATORS,
}

function buildComparison(holds: (order: number) => unknown): Operator {
  return { min: 2, max: 2, run: ([left, right]) => holds(compareValues(toOrdered(left), toOrdered(right))) }
}

function compileOperator(name: string, argument: unknown): Evaluate {
  if (Object.hasOwn(SPECIAL_FORMS, name)) {
    return (SPECIAL_FORMS[name] as (typeof SPECIAL_FORMS)[string])(argument, compileExpression)
  }
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined
  if (operator) {
    const values = compileArguments(name, argument, operator)
    return (root, variables) => operator.run(values.map((evaluate) => evaluate(root, variables)))
  }
  if (!isMingoOperator(name)) throw new MongoError(168, `Unrecognized expression '${name}'`)
  // A document names the arguments, a list has them in order; both are evaluated part by part.
  const evaluate = compileExpression(argument)
  return (root, variables) => evaluateWithMingo(name, evaluate(root, variables))
}

/** @throws 16020 for another number of arguments, 28667 where it may be one of several */
function compileArguments(name: string, argument: unknown, { min, max = Infinity }: Operator): Evaluate[] {
  const given = Array.isArray(argument) ? argument : [argument]
  if (given.length < min || given.length > max) {
    throw min === max
      ? new MongoError(
          16020,
          `Expression ${name} takes exactly ${min} arguments. ${given.length} were passed in.`,
        )
      : new MongoError(
          28667,
          `Expression ${name} takes at least ${min} arguments, and at most ${max}, but ${given.length} were passed in.`,
        )
  }
  return given.map(compileExpression)
}

/** A missing field sorts below null. */
function toOrdered(value: unknown): unknown {
  return value === MISSING ? undefined : value
}

function orNull(value: unknown): unknown {
  return value === MISSING || value === undefined ? null : value
}
