import { SEARCHED_FIELDS } from '#lib/db/keep-searchable'
import { parseSearchTerms } from '#lib/domain/search-words'

const FIELDS = Object.keys(SEARCHED_FIELDS)

/**
 * The conditions of a search: every term is in the title, the description or a tag, as the beginning of a word;
 * case and accents do not matter, other signs count as they are.
 *
 * Each word is a phrase of its own, and MongoDB wants all phrases; the spaces keep it from being found within another
 * word. DocumentDB is content with one of them, so that they are tested once more where there are several.
 */
export function buildSearchFilter(q: string): Record<string, unknown>[] {
  const terms = parseSearchTerms(q)
  const words = [...new Set(terms.flatMap((term) => term.words))]
  const signs = terms.filter(({ plain }) => !plain).map(({ text }) => findSigns(text))
  if (words.length === 0) return signs
  return [
    { $text: { $search: words.map((word) => `" ${word} "`).join(' ') } },
    ...(words.length > 1 ? words.map(findWord) : []),
    ...signs,
  ]
}

/** Words are letters and digits only, so they mean themselves in a pattern. */
function findWord(word: string): Record<string, unknown> {
  return { $or: FIELDS.map((field) => ({ [`search.${field}`]: new RegExp(` ${word} `) })) }
}

/** BSON knows no NUL in a pattern; terms have none. */
function findSigns(text: string): Record<string, unknown> {
  const pattern = new RegExp(RegExp.escape(text), 'i')
  return { $or: FIELDS.map((field) => ({ [field]: pattern })) }
}
