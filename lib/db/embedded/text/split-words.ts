export interface Folding {
  caseSensitive: boolean
  diacriticSensitive: boolean
}

/** How texts are indexed, and compared unless a search asks for more. */
export const FOLD_ALL: Folding = { caseSensitive: false, diacriticSensitive: false }

/** What MongoDB's text index version 3 takes for the end of a word; the three last ones are what is left of `Hyphen`. */
const DELIMITERS =
  /[\p{Dash}\p{Pattern_Syntax}\p{Quotation_Mark}\p{Terminal_Punctuation}\p{White_Space}\u00ad\u30fb\uff65]+/u

/** The same among ASCII's signs, found in a fraction of the time. */
const ASCII_DELIMITERS = /[\t-\r !-/:-@[-^`{-~]+/

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are ASCII as well.
const ASCII = /^[\u0000-\u007f]*$/

/** A text in the form in which it is compared: small letters, and no accents unless they count. */
export function foldText(text: string, { caseSensitive, diacriticSensitive }: Folding): string {
  const cased = caseSensitive ? text : text.toLowerCase()
  if (ASCII.test(cased)) return diacriticSensitive ? cased : cased.replace(/[\^`]/g, '')
  return diacriticSensitive
    ? cased.normalize('NFC')
    : cased
        .normalize('NFD')
        .replace(/\p{Diacritic}/gu, '')
        .normalize('NFC')
}

/** The words of a text as the language `none` has them: folded, none left out, none shortened. */
export function splitWords(text: string, folding: Folding): string[] {
  if (ASCII.test(text)) {
    const words = text.split(ASCII_DELIMITERS)
    return (folding.caseSensitive ? words : words.map((word) => word.toLowerCase())).filter(Boolean)
  }
  // Folded after they are parted, since some signs (such as ^) count as accents too; but all at once.
  return foldText(text.split(DELIMITERS).join(' '), folding).split(' ').filter(Boolean)
}
