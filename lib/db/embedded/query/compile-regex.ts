import { MongoError } from '#lib/db/embedded/mongo-error'
import { bsonClass } from '#lib/db/embedded/values/bson-type'
import { regexParts } from '#lib/db/embedded/values/compare-values'

export function isRegex(value: unknown): boolean {
  return value instanceof RegExp || bsonClass(value) === 'BSONRegExp'
}

/**
 * The text that everything an expression matches starts with: the plain characters after a leading `^`. null when
 * there are none, or when an option or an alternative makes them uncertain.
 */
export function findRegexPrefix(value: unknown, options?: unknown): string | null {
  const given = isRegex(value) ? regexParts(value) : { pattern: value, options: '' }
  const { pattern } = given
  const flags = options === undefined ? given.options : options
  if (typeof pattern !== 'string' || flags !== '' || pattern.includes('|')) return null
  const [, plain = '', next = ''] = /^\^([\w \-/:@]+)(.?)/su.exec(pattern) ?? []
  // What comes next may make the last character optional.
  const prefix = /[*?{]/.test(next) ? plain.slice(0, -1) : plain
  return prefix === '' ? null : prefix
}

/**
 * A JavaScript expression from a BSON one, or from `$regex` and `$options`. PCRE and JavaScript agree on what
 * applications use; what JavaScript cannot read, and the option `x`, are refused.
 * @throws BadValue
 */
export function compileRegex(value: unknown, options?: unknown): RegExp {
  const given = isRegex(value) ? regexParts(value) : { pattern: value, options: '' }
  const flags = options === undefined ? given.options : options
  if (typeof given.pattern !== 'string') throw new MongoError(2, '$regex has to be a string')
  if (typeof flags !== 'string') throw new MongoError(2, '$options has to be a string')
  const unknown = flags.replace(/[imsu]/g, '')
  if (unknown) throw new MongoError(51108, `invalid flag in regex options: ${unknown}`)
  try {
    return new RegExp(given.pattern, [...new Set(flags.replace(/u/g, ''))].join(''))
  } catch (cause) {
    throw new MongoError(
      51091,
      `Regular expression is invalid: ${cause instanceof Error ? cause.message : cause}`,
    )
  }
}
