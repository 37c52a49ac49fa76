/** Past so many characters words that begin alike are not told apart. */
const PREFIX_LENGTH_MAX = 12
/** Words looked for at once; more only make a search slower. */
const TERMS_MAX = 8

const WORDS = /[\p{L}\p{N}\p{M}]+/gu
/** Scripts that write words without spaces between them: any part of a run of these may be a word. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u

/** Text as it is compared in a search: without case, accents and typographic variants. */
function foldText(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().normalize('NFC')
}

/**
 * Everything by which a text is found, as one text of words with a space on either side: the beginnings of its words,
 * since people search while they type, and pairs of characters where a script puts no spaces between words. A text
 * index knows whole words only, on MongoDB, on DocumentDB and on the embedded database alike.
 */
export function buildSearchWords(text: string): string {
  const found = new Set<string>()
  for (const word of splitWords(text))
    for (const part of UNSPACED.test(word) ? pairs(word) : beginnings(word)) found.add(part)
  return found.size === 0 ? '' : ` ${[...found].join(' ')} `
}

export interface SearchTerm {
  /** What was typed between two spaces. */
  text: string
  /** All of these are among the search words of a text that has the term. */
  words: string[]
  /** The words say all there is; otherwise the text has signs that count too. */
  plain: boolean
}

/** A search as it was typed, term by term; every one of them has to be found. */
export function parseSearchTerms(q: string): SearchTerm[] {
  return q
    .split(/[\s\0]+/)
    .filter(Boolean)
    .slice(0, TERMS_MAX)
    .map((text) => {
      const words = splitWords(text).flatMap((word) => (UNSPACED.test(word) ? longPairs(word) : [cut(word)]))
      return {
        text,
        words: [...new Set(words)],
        plain: !UNSPACED.test(text) && splitWords(text).join('') === foldText(text),
      }
    })
}

function splitWords(text: string): string[] {
  return foldText(text).match(WORDS) ?? []
}

function beginnings(word: string): string[] {
  const characters = [...word].slice(0, PREFIX_LENGTH_MAX)
  return characters.map((_, i) => characters.slice(0, i + 1).join(''))
}

function cut(word: string): string {
  return [...word].slice(0, PREFIX_LENGTH_MAX).join('')
}

/** Each character, and each with the one after it. */
function pairs(word: string): string[] {
  return [...word, ...longPairs(word)]
}

function longPairs(word: string): string[] {
  const characters = [...word]
  return characters.length < 2 ? characters : characters.slice(1).map((next, i) => `${characters[i]}${next}`)
}
