import { MongoError } from '#lib/db/embedded/mongo-error'
import { bsonTypeName } from '#lib/db/embedded/query/type-test'
import { FOLD_ALL, type Folding, foldText, splitWords } from '#lib/db/embedded/text/split-words'
import { isDocument } from '#lib/db/embedded/values/bson-type'

/** What a `$text` looks for. Words and phrases are folded as the search asks. */
export interface TextSearch {
  /** A document needs one of these, also when it has the phrases; folded as the index is. */
  indexWords: string[]
  words: string[]
  /** Of these a document needs every one: they stand between signs within a phrase. Folded as the index is. */
  neededWords: string[]
  negatedWords: string[]
  phrases: string[]
  negatedPhrases: string[]
  folding: Folding
}

/** The only language of a text index here: words as they are, without stop words and stems. */
export const TEXT_LANGUAGE = 'none'

/** Words of a search; beyond them a request would only be slow. */
const WORDS_MAX = 1000

/**
 * Reads the argument of `$text`: words (one is enough), "phrases" (all are needed), and -negated words and phrases.
 * @throws BadValue, TypeMismatch, FailedToParse
 */
export function parseTextSearch(argument: unknown): TextSearch {
  if (!isDocument(argument)) throw new MongoError(2, '$text expects an object')
  const { $search, $language, $caseSensitive, $diacriticSensitive, ...rest } = argument
  if ($search === undefined) throw new MongoError(2, "BSON field '$search' is missing but a required field")
  if (typeof $search !== 'string') throw wrongType('$search', $search, 'string')
  if ($language !== undefined) requireLanguage($language)
  const folding = {
    caseSensitive: readFlag('$caseSensitive', $caseSensitive),
    diacriticSensitive: readFlag('$diacriticSensitive', $diacriticSensitive),
  }
  const [unknown] = Object.keys(rest)
  if (unknown) throw new MongoError(9, `BSON field '$text.${unknown}' is an unknown field.`)
  return parseSearch($search, folding)
}

function requireLanguage(language: unknown): void {
  if (typeof language !== 'string') throw wrongType('$language', language, 'string')
  if (language.toLowerCase() === TEXT_LANGUAGE) return
  throw new MongoError(2, `unsupported language: "${language}" for text index version 3`)
}

function readFlag(name: string, value: unknown): boolean {
  if (value === undefined) return false
  if (typeof value !== 'boolean') throw wrongType(name, value, 'bool')
  return value
}

function wrongType(name: string, value: unknown, expected: string): MongoError {
  return new MongoError(
    14,
    `BSON field '${name}' is the wrong type '${bsonTypeName(value)}', expected type '${expected}'`,
  )
}

/** A `-` after a space, or first of all, negates what follows up to the next space; within a phrase it means nothing. */
function parseSearch(text: string, folding: Folding): TextSearch {
  const positive: string[] = []
  const negative: string[] = []
  const phrases: string[] = []
  const needed: string[] = []
  const negatedPhrases: string[] = []
  let negated = false
  let phraseStart: number | null = null
  let afterSpace = true
  for (const { 0: token, index } of text.matchAll(/["\s-]|[^"\s-]+/gu)) {
    if (/^\s$/u.test(token)) {
      afterSpace = true
      if (phraseStart === null) negated = false
      continue
    }
    if (token === '-') {
      if (phraseStart === null && afterSpace) negated = true
    } else if (token !== '"') {
      // The words of a negated phrase may be there, if only not in a row.
      if (negated && phraseStart === null) negative.push(token)
      else if (!negated) positive.push(token)
    } else if (phraseStart === null) {
      phraseStart = index + 1
    } else {
      const phrase = text.slice(phraseStart, index)
      const list = negated ? negatedPhrases : phrases
      list.push(foldText(phrase, folding))
      if (!negated) needed.push(...findWholeWords(phrase))
      phraseStart = null
    }
    afterSpace = false
  }
  const split = (texts: string[], by: Folding) => [...new Set(texts.flatMap((part) => splitWords(part, by)))]
  const search = {
    indexWords: split(positive, FOLD_ALL),
    words: split(positive, folding),
    neededWords: [...new Set(needed)],
    negatedWords: split(negative, folding),
    phrases: phrases.filter(Boolean),
    negatedPhrases: negatedPhrases.filter(Boolean),
    folding,
  }
  if (search.words.length + search.negatedWords.length > WORDS_MAX) {
    throw new MongoError(2, `A $text search may have ${WORDS_MAX} words.`)
  }
  return search
}

/** The words of a phrase that cannot be parts of longer ones: a phrase is any run of characters, such as `y the s`. */
function findWholeWords(phrase: string): string[] {
  const [inFront = '', behind = ''] = [
    splitWords(`x${phrase}`, FOLD_ALL)[0],
    splitWords(`${phrase}x`, FOLD_ALL).at(-1),
  ]
  const words = splitWords(phrase, FOLD_ALL)
  return words.slice(inFront === 'x' ? 0 : 1, behind === 'x' ? words.length : -1)
}
