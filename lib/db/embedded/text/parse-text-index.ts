import { MongoError } from '#lib/db/embedded/mongo-error'
import { TEXT_LANGUAGE } from '#lib/db/embedded/text/parse-text-search'
import type { TextFields } from '#lib/db/embedded/text/text-fields'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { toNumber } from '#lib/db/embedded/values/to-number'

/** Options of createIndexes that only text indexes have. */
export const TEXT_OPTIONS = new Set(['weights', 'default_language', 'language_override', 'textIndexVersion'])

const WEIGHT_MAX = 99_999
const LANGUAGE_FIELD = 'language'

/** Whether an index key asks for a text index, as an application writes it or as listIndexes reports it. */
export function isTextKey(key: unknown): boolean {
  return isDocument(key) && Object.values(key).includes('text')
}

/**
 * Reads a text index. The language has to be `none`: English and the others would need MongoDB's own stop words and
 * stems, and near misses would be wrong answers.
 * @throws CannotCreateIndex
 */
export function parseTextKey(given: BsonDocument): {
  spec: TextFields
  key: BsonDocument
  options: BsonDocument
} {
  const { key, weights = {}, default_language: language = 'english', unique, expireAfterSeconds } = given
  const { language_override: languageField = LANGUAGE_FIELD, textIndexVersion = 3 } = given
  if (typeof language !== 'string') throw refuse('default_language needs a string type')
  if (language.toLowerCase() !== TEXT_LANGUAGE) {
    throw refuse(
      `unsupported language: "${language}" for text index version 3: the embedded database has default_language 'none' only`,
    )
  }
  if (typeof languageField !== 'string') throw refuse('language_override is not a string')
  if (toNumber(textIndexVersion) !== 3) throw refuse('textIndexVersion has to be 3')
  if (given.partialFilterExpression !== undefined) {
    throw refuse('Partial text indexes are not supported by the embedded database.')
  }
  if (unique || expireAfterSeconds !== undefined) throw refuse('A text index cannot be unique or have a TTL.')
  const weightOf = readWeights(key as BsonDocument, weights)
  const paths = [...weightOf.keys()].sort()
  return {
    spec: {
      fields: paths.map((path) => ({ path, parts: path.split('.'), weight: weightOf.get(path) ?? 1 })),
      languageField,
    },
    key: { _fts: 'text', _ftsx: 1 },
    options: {
      weights: Object.fromEntries(paths.map((path) => [path, weightOf.get(path)])),
      default_language: TEXT_LANGUAGE,
      language_override: languageField,
      textIndexVersion: 3,
    },
  }
}

function readWeights(key: BsonDocument, weights: unknown): Map<string, number> {
  if (!isDocument(weights)) throw refuse('weights must be an object')
  const found = new Map<string, number>()
  for (const [path, kind] of Object.entries(key)) {
    if (path === '_fts' || path === '_ftsx') continue
    if (kind !== 'text') throw refuse('Compound text indexes are not supported by the embedded database.')
    found.set(path, 1)
  }
  for (const [path, given] of Object.entries(weights)) {
    const weight = toNumber(given)
    if (weight === null || !Number.isInteger(weight) || weight < 1 || weight > WEIGHT_MAX) {
      throw refuse(`text index weights must be whole numbers from 1 to ${WEIGHT_MAX}: ${path}`)
    }
    found.set(path, weight)
  }
  if (found.size === 0) throw refuse('A text index needs at least one field.')
  for (const path of found.keys()) {
    if (path === '$**') throw refuse('Wildcard text indexes are not supported by the embedded database.')
    if (path.split('.').some((part) => part === '' || part.startsWith('$')))
      throw refuse(`'${path}' is not a field that a text index can cover.`)
  }
  return found
}

function refuse(message: string): MongoError {
  return new MongoError(67, message)
}

/** Whether two indexes cover the same texts with the same weights; neither is one when both are null. */
export function sameTextFields(a: TextFields | null, b: TextFields | null): boolean {
  if (!a || !b) return a === b
  return (
    a.languageField === b.languageField &&
    a.fields.length === b.fields.length &&
    a.fields.every(({ path, weight }, i) => path === b.fields[i]?.path && weight === b.fields[i]?.weight)
  )
}
