import { requireArray } from '#lib/db/embedded/aggregate/array-operators'
import { type Compile, type Evaluate, requireFields } from '#lib/db/embedded/aggregate/expression-form'
import { isNothing } from '#lib/db/embedded/aggregate/operator'
import { MongoError } from '#lib/db/embedded/mongo-error'
import { MISSING } from '#lib/db/embedded/query/field-path'
import { buildSortKey, parseSort } from '#lib/db/embedded/query/sort-key'
import { isDocument } from '#lib/db/embedded/values/bson-type'
import { compareValues } from '#lib/db/embedded/values/compare-values'
import { toNumber } from '#lib/db/embedded/values/to-number'

/** Operators on arrays whose arguments have names. */
export const ARRAY_FORMS: Record<string, (argument: unknown, compile: Compile) => Evaluate> = {
  $firstN: (argument, compile) => compileSome('$firstN', argument, compile, (items, n) => items.slice(0, n)),
  $lastN: (argument, compile) => compileSome('$lastN', argument, compile, (items, n) => items.slice(-n)),
  $minN: (argument, compile) =>
    compileSome('$minN', argument, compile, (items, n) => rank(items).slice(0, n)),
  $maxN: (argument, compile) =>
    compileSome('$maxN', argument, compile, (items, n) => rank(items).toReversed().slice(0, n)),
  $sortArray(argument, compile) {
    const { input, sortBy } = requireFields('$sortArray', argument, ['input', 'sortBy'])
    const compare = buildOrder(sortBy)
    const evaluate = compile(input)
    return (root, variables) => {
      const items = evaluate(root, variables)
      return isNothing(items) ? null : requireArray('$sortArray', 2942504, items).toSorted(compare)
    }
  },
  $zip(argument, compile) {
    const fields = requireFields('$zip', argument, ['inputs'], ['useLongestLength', 'defaults'])
    const { inputs, useLongestLength: longest = false, defaults = [] } = fields
    if (!Array.isArray(inputs) || inputs.length === 0)
      throw new MongoError(34465, '$zip requires at least one input array')
    if (!Array.isArray(defaults) || (defaults.length > 0 && (!longest || defaults.length !== inputs.length)))
      throw new MongoError(
        34467,
        'defaults and inputs must have the same length, and useLongestLength must be true',
      )
    const [lists, fillers] = [inputs.map(compile), defaults.map(compile)]
    return (root, variables) => {
      const values = lists.map((evaluate) => evaluate(root, variables))
      if (values.some(isNothing)) return null
      const arrays = values.map((value) => requireArray('$zip', 34468, value))
      const filling = fillers.map((evaluate) => evaluate(root, variables))
      const lengths = arrays.map(({ length }) => length)
      const length = longest ? Math.max(...lengths) : Math.min(...lengths)
      return Array.from({ length }, (_, i) =>
        arrays.map((array, at) => (i < array.length ? array[i] : orNull(filling[at]))),
      )
    }
  },
}

function compileSome(
  name: string,
  argument: unknown,
  compile: Compile,
  pick: (items: unknown[], n: number) => unknown[],
): Evaluate {
  const { n, input } = requireFields(name, argument, ['n', 'input'])
  const [findCount, evaluate] = [compile(n), compile(input)]
  return (root, variables) => {
    const count = toNumber(findCount(root, variables) ?? null)
    if (count === null || !Number.isInteger(count) || count <= 0)
      throw new MongoError(5787908, `'n' of ${name} must be a positive whole number`)
    return pick(requireArray(name, 5788200, evaluate(root, variables)), count)
  }
}

function rank(items: unknown[]): unknown[] {
  return items.filter((item) => !isNothing(item)).toSorted(compareValues)
}

/** By whole values (1, -1), or by fields of documents, of which what is no document has none. */
function buildOrder(sortBy: unknown): (a: unknown, b: unknown) => number {
  if (!isDocument(sortBy)) {
    const direction = toNumber(sortBy)
    if (direction !== 1 && direction !== -1)
      throw new MongoError(2942503, 'Illegal $sortArray order: 1 and -1 are the only ones without a field')
    return (a, b) => direction * compareValues(a, b)
  }
  const fields = parseSort(sortBy)
  const keyOf = (item: unknown) => buildSortKey(isDocument(item) ? item : {}, fields)
  return (a, b) => Buffer.compare(keyOf(a), keyOf(b))
}

function orNull(value: unknown): unknown {
  return value === MISSING || value === undefined ? null : value
}
