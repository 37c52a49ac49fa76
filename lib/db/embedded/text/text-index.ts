import type { CollectionIndex } from '#lib/db/embedded/storage/catalog'
import type { Store } from '#lib/db/embedded/storage/open-store'
import type { TextSearch } from '#lib/db/embedded/text/parse-text-search'
import { collectWords, type TextFields } from '#lib/db/embedded/text/text-fields'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'

/**
 * The statement that makes a text index: an FTS5 table of words alone, without the texts and without places. It is
 * part of the same file, so it changes in the document's own transaction. https://www.sqlite.org/fts5.html
 */
export function buildTextTable(table: string): string {
  // Words are split here, by MongoDB's rules; FTS5 then only needs to part them at spaces.
  return `CREATE VIRTUAL TABLE ${table} USING fts5(words, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '_'")`
}

/** A document's words in a text index; empty when it has none. @throws 17261, 17262 */
export function buildTextEntry(index: CollectionIndex, document: BsonDocument): string {
  return [...collectWords(index.text as TextFields, document)].map(toIndexWord).join(' ')
}

export function addTextEntry(store: Store, index: CollectionIndex, entry: string, rid: number): void {
  if (!entry) return
  store.prepare(`INSERT INTO ${index.table} (rowid, words) VALUES (?, ?)`).run(rid, entry)
}

export function removeTextEntry(store: Store, index: CollectionIndex, entry: string, rid: number): void {
  if (entry) store.prepare(`DELETE FROM ${index.table} WHERE rowid = ?`).run(rid)
}

/** The FTS5 expression for the documents that a search may find; null when it finds none. */
export function buildTextMatch({ indexWords, neededWords }: TextSearch): string | null {
  const quote = (word: string) => `"${toIndexWord(word)}"`
  if (neededWords.length > 0) return neededWords.map(quote).join(' AND ')
  return indexWords.length === 0 ? null : indexWords.map(quote).join(' OR ')
}

/** How many documents an expression finds, counted no further than `countMax`. */
export function countTextMatches(
  store: Store,
  index: CollectionIndex,
  match: string,
  countMax: number,
): number {
  const row = store
    .prepare(
      `SELECT count(*) AS n FROM (SELECT 1 FROM ${index.table} WHERE ${index.table} MATCH ? LIMIT ${countMax})`,
    )
    .get(match) as { n: number }
  return row.n
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach FTS5.
const SPLIT_AT = /[\u0000-\u002f\u003a-\u0060\u007b-\u007f]/
const SPLIT_ALL = new RegExp(SPLIT_AT, 'g')

/** FTS5's `ascii` splits at these; two words that become one only give candidates that are tested away. */
function toIndexWord(word: string): string {
  // Nearly every word has none, and a document has hundreds of words.
  return SPLIT_AT.test(word) ? word.replace(SPLIT_ALL, '_') : word
}
