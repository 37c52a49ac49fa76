import { compileFilter } from '#lib/db/embedded/query/compile-filter'
import { findValue } from '#lib/db/embedded/query/field-path'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'

/**
 * Which element of the array at `path` made a filter match: what the positional `$` stands for. Conditions on other
 * arrays are left out; null when no condition of the filter concerns this array or no element fulfils one.
 */
export function findMatchedIndex(filter: BsonDocument, document: BsonDocument, path: string): number | null {
  const array = findValue(document, path.split('.'))
  if (!Array.isArray(array)) return null
  const tests = collectTests(filter, path)
  for (const test of tests) {
    const index = array.findIndex((item) => test(item))
    if (index >= 0) return index
  }
  return null
}

type ElementTest = (element: unknown) => boolean

function collectTests(filter: BsonDocument, path: string): ElementTest[] {
  return Object.entries(filter).flatMap(([name, condition]): ElementTest[] => {
    if ((name === '$and' || name === '$or') && Array.isArray(condition)) {
      return condition.filter(isDocument).flatMap((part) => collectTests(part, path))
    }
    if (name !== path && !name.startsWith(`${path}.`)) return []
    // One element in an array of its own matches exactly when that element fulfils the condition.
    const matches = compileFilter({ [`array${name.slice(path.length)}`]: condition })
    return [(element) => matches({ array: [element] })]
  })
}
