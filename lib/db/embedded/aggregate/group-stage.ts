import { ACCUMULATORS, type Accumulator } from '#lib/db/embedded/aggregate/accumulators'
import { compileExpression } from '#lib/db/embedded/aggregate/compile-expression'
import type { Stage } from '#lib/db/embedded/aggregate/compile-stages'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { MISSING } from '#lib/db/embedded/query/field-path'
import { PAUSE } from '#lib/db/embedded/query/pause'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { encodeKey } from '#lib/db/embedded/values/encode-key'

/** `$group`: one document per distinct `_id`, in the order they first came. @throws 15951, 40234, 40238 */
export function buildGroup(argument: BsonDocument): Stage {
  if (!Object.hasOwn(argument, '_id'))
    throw new MongoError(15955, 'a group specification must include an _id')
  const { _id, ...fields } = argument
  const evaluateId = compileExpression(_id)
  const builders = Object.entries(fields).map(([name, given]) => ({ name, ...parseAccumulator(name, given) }))
  return function* (input, variables) {
    const groups = new Map<string, { id: unknown; accumulators: Accumulator[] }>()
    for (const document of input) {
      if (document === PAUSE) {
        yield PAUSE
        continue
      }
      const value = evaluateId(document, variables)
      const id = value === MISSING || value === undefined ? null : value
      const key = encodeKey(id).toString('latin1')
      let group = groups.get(key)
      if (!group) {
        group = { id, accumulators: builders.map(({ create }) => create()) }
        groups.set(key, group)
      }
      group.accumulators.forEach((accumulator, i) => {
        accumulator.add(builders[i]?.evaluate(document, variables))
      })
    }
    for (const { id, accumulators } of groups.values()) {
      const result: BsonDocument = { _id: id }
      builders.forEach(({ name }, i) => {
        result[name] = accumulators[i]?.result()
      })
      yield result
    }
  }
}

function parseAccumulator(name: string, given: unknown) {
  if (name.includes('.')) throw new MongoError(40235, `The field name '${name}' cannot contain '.'`)
  const [operator = '', ...others] = isDocument(given) ? Object.keys(given) : []
  if (!operator || others.length > 0) {
    throw new MongoError(40234, `The field '${name}' must be an accumulator object`)
  }
  const create = Object.hasOwn(ACCUMULATORS, operator) ? ACCUMULATORS[operator] : undefined
  if (!create) throw new MongoError(15952, `unknown group operator '${operator}'`)
  const argument = (given as BsonDocument)[operator]
  return { create, evaluate: compileExpression(operator === '$count' ? null : argument) }
}
