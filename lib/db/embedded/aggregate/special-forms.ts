import { Double } from 'bson'
import { ARRAY_FORMS } from '#lib/db/embedded/aggregate/array-forms'
import { BINDING_FORMS } from '#lib/db/embedded/aggregate/binding-forms'
import { convertValue } from '#lib/db/embedded/aggregate/conversion-operators'
import { DATE_FORMS } from '#lib/db/embedded/aggregate/date-forms'
import { type Compile, type Evaluate, requireFields } from '#lib/db/embedded/aggregate/expression-form'
import { isTrue } from '#lib/db/embedded/aggregate/is-true'
import { isNothing } from '#lib/db/embedded/aggregate/operator'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { MISSING, readField, writeField } from '#lib/db/embedded/query/field-path'
import { bsonTypeName } from '#lib/db/embedded/query/type-test'
import { getTextScore, usesTextScore } from '#lib/db/embedded/text/text-score'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'

/** Operators that do not simply get their arguments evaluated. */
export const SPECIAL_FORMS: Record<string, (argument: unknown, compile: Compile) => Evaluate> = {
  ...ARRAY_FORMS,
  ...BINDING_FORMS,
  ...DATE_FORMS,
  $literal: (argument) => () => argument,
  $meta(argument) {
    usesTextScore({ $meta: argument })
    return (root) => new Double(getTextScore(root))
  },
  $and(argument, compile) {
    const all = toList(argument).map(compile)
    return (root, variables) => all.every((evaluate) => isTrue(evaluate(root, variables)))
  },
  $or(argument, compile) {
    const any = toList(argument).map(compile)
    return (root, variables) => any.some((evaluate) => isTrue(evaluate(root, variables)))
  },
  $cond(argument, compile) {
    const parts = isDocument(argument) ? [argument.if, argument.then, argument.else] : argument
    if (!Array.isArray(parts) || parts.length !== 3 || parts.includes(undefined)) {
      throw new MongoError(17080, "Missing 'if', 'then' or 'else' parameter to $cond")
    }
    const [test, yes, no] = parts.map(compile) as [Evaluate, Evaluate, Evaluate]
    return (root, variables) => (isTrue(test(root, variables)) ? yes : no)(root, variables)
  },
  $ifNull(argument, compile) {
    const values = toList(argument).map(compile)
    if (values.length < 2)
      throw new MongoError(
        1257300,
        '$ifNull needs at least two arguments, had: '.concat(String(values.length)),
      )
    return (root, variables) => {
      for (const evaluate of values.slice(0, -1)) {
        const value = evaluate(root, variables)
        if (!isNothing(value)) return value
      }
      return values.at(-1)?.(root, variables)
    }
  },
  $switch(argument, compile) {
    const { branches, default: otherwise } = requireFields('$switch', argument, ['branches'], ['default'])
    if (!Array.isArray(branches) || branches.length === 0)
      throw new MongoError(40068, '$switch requires at least one branch.')
    const cases = branches.map((branch) => {
      const fields = requireFields('$switch', branch, ['case', 'then'])
      return { test: compile(fields.case), value: compile(fields.then) }
    })
    const last = otherwise === undefined ? null : compile(otherwise)
    return (root, variables) => {
      const found = cases.find(({ test }) => isTrue(test(root, variables)))?.value ?? last
      if (!found)
        throw new MongoError(
          40066,
          '$switch could not find a matching branch for an input, and no default was specified.',
        )
      return found(root, variables)
    }
  },
  $convert(argument, compile) {
    const fields = requireFields('$convert', argument, ['input', 'to'], ['onError', 'onNull'])
    const [input, to] = [compile(fields.input), compile(fields.to)]
    const onError = Object.hasOwn(fields, 'onError') ? compile(fields.onError) : null
    const onNull = compile(fields.onNull ?? null)
    return (root, variables) => {
      const [value, type] = [input(root, variables), to(root, variables)]
      if (isNothing(value) || isNothing(type)) return onNull(root, variables)
      try {
        return convertValue(value, type)
      } catch (error) {
        if (onError && error instanceof MongoError && error.code === 241) return onError(root, variables)
        throw error
      }
    }
  },
  $getField(argument, compile) {
    const fields = isDocument(argument) && Object.hasOwn(argument, 'field') ? argument : { field: argument }
    const { field, input = '$$CURRENT' } = requireFields('$getField', fields, ['field'], ['input'])
    const [name, holder] = [compile(field), compile(input)]
    return (root, variables) => {
      const document = holder(root, variables)
      return isNothing(document) ? document : readField(document, requireText(name(root, variables)))
    }
  },
  $setField(argument, compile) {
    const fields = requireFields('$setField', argument, ['field', 'input', 'value'])
    return changeField('$setField', fields, compile(fields.value), compile)
  },
  $unsetField(argument, compile) {
    const fields = requireFields('$unsetField', argument, ['field', 'input'])
    return changeField('$unsetField', fields, () => MISSING, compile)
  },
}

function changeField(name: string, fields: BsonDocument, value: Evaluate, compile: Compile): Evaluate {
  const [field, input] = [compile(fields.field), compile(fields.input)]
  return (root, variables) => {
    const document = input(root, variables)
    if (isNothing(document)) return null
    if (!isDocument(document)) {
      throw new MongoError(
        4161105,
        `${name} requires 'input' to evaluate to type Object, not ${bsonTypeName(document)}`,
      )
    }
    const changed = requireText(field(root, variables))
    const copy = Object.fromEntries(Object.entries(document).filter(([other]) => other !== changed))
    const given = value(root, variables)
    if (given !== MISSING) writeField(copy, changed, given)
    return copy
  }
}

function requireText(value: unknown): string {
  if (typeof value === 'string') return value
  throw new MongoError(5654602, `A field's name must be a string, not ${bsonTypeName(value)}`)
}

function toList(argument: unknown): unknown[] {
  return Array.isArray(argument) ? argument : [argument]
}
