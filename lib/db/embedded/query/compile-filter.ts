import { compileExpression } from '#lib/db/embedded/aggregate/compile-expression'
import { isTrue } from '#lib/db/embedded/aggregate/is-true'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { compileRegex, isRegex } from '#lib/db/embedded/query/compile-regex'
import { collectValues, MISSING } from '#lib/db/embedded/query/field-path'
import { buildValueTest, type ValueTest } from '#lib/db/embedded/query/value-tests'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { toFlag } from '#lib/db/embedded/values/to-number'

/** `variables` are those of a `$lookup` around it, for `$expr`. */
export type Matches = (document: BsonDocument, variables?: BsonDocument) => boolean

/**
 * A MongoDB query filter as a function.
 *
 * Written here rather than taken from mingo, whose comparisons are JavaScript's: it sorts arrays before it compares
 * them, ignores field order, reads Binary as text and orders types differently (see docs/decisions/0002).
 * @throws BadValue for an operator or argument that is not supported.
 */
export function compileFilter(filter: BsonDocument): Matches {
  const tests = Object.entries(filter).map(([name, condition]) =>
    name.startsWith('$') ? compileTopLevel(name, condition) : compileField(name, condition),
  )
  if (tests.length === 1) return tests[0] as Matches
  return (document, variables) => tests.every((matches) => matches(document, variables))
}

function compileTopLevel(name: string, condition: unknown): Matches {
  switch (name) {
    case '$and': {
      const all = compileList(name, condition)
      return (document, variables) => all.every((matches) => matches(document, variables))
    }
    case '$or': {
      const any = compileList(name, condition)
      return (document, variables) => any.some((matches) => matches(document, variables))
    }
    case '$nor': {
      const none = compileList(name, condition)
      return (document, variables) => !none.some((matches) => matches(document, variables))
    }
    case '$expr': {
      const evaluate = compileExpression(condition)
      return (document, variables) => isTrue(evaluate(document, variables))
    }
    case '$comment':
      return () => true
    case '$text':
      // Where it may stand, splitTextSearch has taken it out.
      throw new MongoError(2, '$text can only be applied to the top-level document, at its top or under $and')
    default:
      throw new MongoError(
        2,
        `unknown top level operator: ${name}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
      )
  }
}

function compileList(name: string, condition: unknown): Matches[] {
  if (!Array.isArray(condition)) throw new MongoError(2, `${name} must be an array`)
  if (condition.length === 0) throw new MongoError(2, '$and/$or/$nor must be a nonempty array')
  return condition.map((part) => {
    if (!isDocument(part)) throw new MongoError(2, '$or/$and/$nor entries need to be full objects')
    return compileFilter(part)
  })
}

function compileField(path: string, condition: unknown): Matches {
  const parts = path.split('.')
  const test = compileCondition(condition)
  return (document) => {
    const wholes: unknown[] = []
    return test(collectValues(document, parts, 0, [], wholes), wholes)
  }
}

/** A test of all values a path leads to; the elements of `wholes` do not count by themselves. */
type PathTest = (found: unknown[], wholes?: unknown[]) => boolean

const NONE: unknown[] = []

/** Whether a condition is a document of operators rather than a value to be equal to. */
export function isOperatorDocument(condition: unknown): condition is BsonDocument {
  return isDocument(condition) && (Object.keys(condition)[0]?.startsWith('$') ?? false)
}

function compileCondition(condition: unknown): PathTest {
  if (isRegex(condition)) return anyValue(buildValueTest('$regex', condition))
  if (!isOperatorDocument(condition)) return anyValue(buildValueTest('$eq', condition))
  const tests: PathTest[] = []
  for (const [name, argument] of Object.entries(condition)) {
    if (name === '$options') {
      if (!Object.hasOwn(condition, '$regex')) throw new MongoError(2, '$options needs a $regex')
    } else {
      tests.push(compileOperator(name, argument, condition))
    }
  }
  return (found, wholes) => tests.every((test) => test(found, wholes))
}

function compileOperator(name: string, argument: unknown, condition: BsonDocument): PathTest {
  switch (name) {
    case '$ne':
      return not(compileOperator('$eq', argument, condition))
    case '$nin':
      return not(compileOperator('$in', argument, condition))
    case '$not':
      return not(compileNegated(argument))
    case '$exists': {
      const wanted = toFlag(argument)
      return (found, wholes = NONE) =>
        (wholes.length > 0 || found.some((value) => value !== MISSING)) === wanted
    }
    case '$regex':
      return anyValue(buildValueTest('$regex', compileRegex(argument, condition.$options)))
    case '$elemMatch':
      return compileElemMatch(argument)
    case '$all':
      return compileAll(argument)
    case '$size':
    case '$type':
      return wholeOrElements(name, buildValueTest(name, argument))
    default:
      return anyValue(buildValueTest(name, argument))
  }
}

function compileNegated(argument: unknown): PathTest {
  if (isRegex(argument)) return compileCondition(argument)
  if (!isOperatorDocument(argument)) throw new MongoError(2, '$not needs a regex or a document')
  return compileCondition(argument)
}

/** `$elemMatch` as a test of one array element. */
export function compileElementTest(argument: unknown): ValueTest {
  if (!isDocument(argument)) throw new MongoError(2, '$elemMatch needs an Object')
  const first = Object.keys(argument)[0]
  if (first?.startsWith('$') && !['$and', '$or', '$nor', '$expr'].includes(first)) {
    const test = compileCondition(argument)
    // An element that is itself an array is looked at as a whole.
    return (element) => test([], [element])
  }
  const matches = compileFilter(argument)
  // MongoDB reads an element that is an array as a document with the fields 0, 1, ….
  return (element) =>
    isDocument(element) ? matches(element) : Array.isArray(element) && matches({ ...element } as BsonDocument)
}

function compileElemMatch(argument: unknown): PathTest {
  const test = compileElementTest(argument)
  const matches = (value: unknown) => Array.isArray(value) && value.some(test)
  return (found, wholes = NONE) => found.some(matches) || wholes.some(matches)
}

function compileAll(argument: unknown): PathTest {
  if (!Array.isArray(argument)) throw new MongoError(2, '$all needs an array')
  const tests = argument.map((item) =>
    isDocument(item) && Object.hasOwn(item, '$elemMatch')
      ? compileElemMatch(item.$elemMatch)
      : compileCondition(isOperatorDocument(item) ? refuseAll() : item),
  )
  return (found, wholes) => tests.length > 0 && tests.every((test) => test(found, wholes))
}

function refuseAll(): never {
  throw new MongoError(2, 'no $ expressions in $all')
}

/** Holds when it holds for a value, or for an element of a value that is an array. */
function anyValue(test: ValueTest): PathTest {
  return (found, wholes = NONE) =>
    found.some((value) => test(value) || (Array.isArray(value) && value.some(test))) || wholes.some(test)
}

function wholeOrElements(name: string, test: ValueTest): PathTest {
  if (name !== '$size') return anyValue(test)
  return (found, wholes = NONE) => found.some(test) || wholes.some(test)
}

function not(test: PathTest): PathTest {
  return (found, wholes) => !test(found, wholes)
}
