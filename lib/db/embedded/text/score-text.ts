import type { TextSearch } from '#lib/db/embedded/text/parse-text-search'
import { FOLD_ALL, foldText, splitWords } from '#lib/db/embedded/text/split-words'
import { collectTexts, type TextFields } from '#lib/db/embedded/text/text-fields'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'

/** Whether a document fulfils a search, judged on its texts. */
export function matchesText(spec: TextFields, search: TextSearch, document: BsonDocument): boolean {
  const texts = collectTexts(spec, document).map(({ text }) => text)
  const words = new Set(texts.flatMap((text) => splitWords(text, search.folding)))
  if (!search.words.some((word) => words.has(word))) return false
  if (search.negatedWords.some((word) => words.has(word))) return false
  if (search.phrases.length + search.negatedPhrases.length === 0) return true
  const folded = texts.map((text) => foldText(text, search.folding))
  const has = (phrase: string) => folded.some((text) => text.includes(phrase))
  return search.phrases.every(has) && !search.negatedPhrases.some(has)
}

/** MongoDB's `textScore`: for each text and word its weight, how often the word comes and what share of the text it is. */
export function scoreText(spec: TextFields, search: TextSearch, document: BsonDocument): number {
  let score = 0
  for (const { text, weight } of collectTexts(spec, document)) {
    const words = splitWords(text, FOLD_ALL)
    for (const wanted of search.indexWords) {
      const count = words.filter((word) => word === wanted).length
      if (count === 0) continue
      // Each further time counts half as much as the one before: 1 + 1/2 + 1/4 …
      const frequency = 2 - 2 ** (1 - count)
      const share = (0.5 * count) / words.length + 0.5
      const whole = foldText(text, FOLD_ALL) === wanted ? 1.1 : 1
      score += weight * frequency * share * whole
    }
  }
  return score
}
