import { type Compile, type Evaluate, requireFields } from '#lib/db/embedded/aggregate/expression-form'
import { isTrue } from '#lib/db/embedded/aggregate/is-true'
import { isNothing } from '#lib/db/embedded/aggregate/operator'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { MISSING } from '#lib/db/embedded/query/field-path'
import { bsonTypeName } from '#lib/db/embedded/query/type-test'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { toNumber } from '#lib/db/embedded/values/to-number'

/** Forms that bind variables: their inner expressions are evaluated once for each value bound. */
export const BINDING_FORMS: Record<string, (argument: unknown, compile: Compile) => Evaluate> = {
  $let(argument, compile) {
    const { vars, in: inner } = requireFields('$let', argument, ['vars', 'in'])
    if (!isDocument(vars)) throw new MongoError(10065, 'invalid parameter: expected an object (vars)')
    const bindings = Object.entries(vars).map(([name, value]) => [requireName(name), compile(value)] as const)
    const evaluate = compile(inner)
    return (root, variables) => {
      const bound = bindings.map(([name, value]) => [name, value(root, variables)] as const)
      return evaluate(root, bind(variables, Object.fromEntries(bound)))
    }
  },
  $map(argument, compile) {
    const { input, as = 'this', in: inner } = requireFields('$map', argument, ['input', 'in'], ['as'])
    const [name, evaluate] = [requireName(as), compile(inner)]
    return forItems('$map', 16883, compile(input), (items, root, variables) =>
      items.map((item) => {
        const value = evaluate(root, bind(variables, { [name]: item }))
        return value === MISSING ? null : value
      }),
    )
  },
  $filter(argument, compile) {
    const fields = requireFields('$filter', argument, ['input', 'cond'], ['as', 'limit'])
    const { input, as = 'this', cond, limit = null } = fields
    const [name, test, bound] = [requireName(as), compile(cond), compile(limit)]
    return forItems('$filter', 28651, compile(input), (items, root, variables) => {
      const given = bound(root, variables)
      const most = isNothing(given) ? Number.POSITIVE_INFINITY : toNumber(given)
      if (most === null || most < 1) throw new MongoError(327391, '$filter: limit must be greater than 0')
      const kept: unknown[] = []
      for (const item of items) {
        if (kept.length === most) break
        if (isTrue(test(root, bind(variables, { [name]: item })))) kept.push(item)
      }
      return kept
    })
  },
  $reduce(argument, compile) {
    const fields = requireFields('$reduce', argument, ['input', 'initialValue', 'in'])
    const [initial, evaluate] = [compile(fields.initialValue), compile(fields.in)]
    return forItems('$reduce', 40080, compile(fields.input), (items, root, variables) =>
      items.reduce(
        (value, item) => evaluate(root, bind(variables, { value, this: item })),
        initial(root, variables),
      ),
    )
  },
}

function forItems(
  name: string,
  code: number,
  input: Evaluate,
  run: (items: unknown[], root: BsonDocument, variables: BsonDocument | undefined) => unknown,
): Evaluate {
  return (root, variables) => {
    const items = input(root, variables)
    if (isNothing(items)) return null
    if (!Array.isArray(items))
      throw new MongoError(code, `input to ${name} must be an array not ${bsonTypeName(items)}`)
    return run(items, root, variables)
  }
}

function bind(variables: BsonDocument | undefined, bound: BsonDocument): BsonDocument {
  return { ...variables, ...bound }
}

function requireName(name: unknown): string {
  if (typeof name === 'string' && /^(?:[a-z\u0080-\uffff][\w\u0080-\uffff]*|CURRENT)$/.test(name)) return name
  throw new MongoError(
    9,
    `'${String(name)}' is not a valid name for a variable: it begins with a lower-case letter.`,
  )
}
