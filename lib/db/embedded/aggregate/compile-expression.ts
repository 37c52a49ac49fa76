import { Double } from 'bson'
import { evaluateWithMingo, requireKnownOperator } from '#lib/db/embedded/aggregate/evaluate-with-mingo'
import { findPathValue } from '#lib/db/embedded/aggregate/find-path-value'
import { isTrue } from '#lib/db/embedded/aggregate/is-true'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { MISSING, writeField } from '#lib/db/embedded/query/field-path'
import { getTextScore, usesTextScore } from '#lib/db/embedded/text/text-score'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { compareValues } from '#lib/db/embedded/values/compare-values'

/** The value of an expression for one document; MISSING when it has none. */
export type Evaluate = (root: BsonDocument, variables?: BsonDocument) => unknown

/**
 * An aggregation expression as a function. Field paths, literals, comparisons and logic are evaluated here, on values
 * with their BSON types; the long list of other operators is mingo's, on plain JavaScript values.
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

const COMPARISONS: Record<string, (order: number) => unknown> = {
  $eq: (order) => order === 0,
  $ne: (order) => order !== 0,
  $gt: (order) => order > 0,
  $gte: (order) => order >= 0,
  $lt: (order) => order < 0,
  $lte: (order) => order <= 0,
  $cmp: Math.sign,
}

function compileOperator(name: string, argument: unknown): Evaluate {
  const comparison = COMPARISONS[name]
  if (comparison) {
    const [left, right] = compileArguments(name, argument, 2) as [Evaluate, Evaluate]
    return (root, variables) =>
      comparison(compareValues(toOrdered(left(root, variables)), toOrdered(right(root, variables))))
  }
  switch (name) {
    case '$literal':
      return () => argument
    case '$meta':
      usesTextScore({ $meta: argument })
      return (root) => new Double(getTextScore(root))
    case '$and': {
      const all = compileArguments(name, argument)
      return (root, variables) => all.every((evaluate) => isTrue(evaluate(root, variables)))
    }
    case '$or': {
      const any = compileArguments(name, argument)
      return (root, variables) => any.some((evaluate) => isTrue(evaluate(root, variables)))
    }
    case '$not': {
      const [evaluate] = compileArguments(name, argument, 1) as [Evaluate]
      return (root, variables) => !isTrue(evaluate(root, variables))
    }
    case '$cond':
      return compileCondition(argument)
    case '$ifNull': {
      const values = compileArguments(name, argument)
      return (root, variables) => {
        for (const evaluate of values.slice(0, -1)) {
          const value = evaluate(root, variables)
          if (value !== MISSING && value !== null && value !== undefined) return value
        }
        return values.at(-1)?.(root, variables) ?? null
      }
    }
  }
  requireKnownOperator(name, argument)
  const expression = { [name]: argument }
  return (root, variables) => evaluateWithMingo(expression, root, variables)
}

function compileCondition(argument: unknown): Evaluate {
  const parts = isDocument(argument) ? [argument.if, argument.then, argument.else] : argument
  if (!Array.isArray(parts) || parts.length !== 3 || parts.includes(undefined)) {
    throw new MongoError(17080, "Missing 'if', 'then' or 'else' parameter to $cond")
  }
  const [test, yes, no] = parts.map(compileExpression) as [Evaluate, Evaluate, Evaluate]
  return (root, variables) => (isTrue(test(root, variables)) ? yes : no)(root, variables)
}

function compileArguments(name: string, argument: unknown, count?: number): Evaluate[] {
  const given = Array.isArray(argument) ? argument : [argument]
  if (count !== undefined && given.length !== count) {
    throw new MongoError(
      16020,
      `Expression ${name} takes exactly ${count} arguments. ${given.length} were passed in.`,
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
