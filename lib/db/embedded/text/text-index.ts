import type { CollectionIndex } from '#lib/db/embedded/storage/catalog'
import type { Store } from '#lib/db/embedded/storage/open-store'
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

/** The FTS5 expression for documents that have one of some words. */
export function buildTextMatch(words: string[]): string {
  return words.map((word) => `"${toIndexWord(word)}"`).join(' OR ')
}

/** FTS5's `ascii` splits at these; two words that become one only give candidates that are tested away. */
function toIndexWord(word: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach FTS5.
  return word.replace(/[\u0000-\u007f]/g, (char) => (/[a-z0-9]/.test(char) ? char : '_'))
}
