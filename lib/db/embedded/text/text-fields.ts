import { MongoError } from '#lib/db/embedded/mongo-error'
import { MISSING, readField } from '#lib/db/embedded/query/field-path'
import { TEXT_LANGUAGE } from '#lib/db/embedded/text/parse-text-search'
import { FOLD_ALL, splitWords } from '#lib/db/embedded/text/split-words'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'

/** What a text index covers. */
export interface TextFields {
  /** In the order of their names, as listIndexes reports them. */
  fields: { path: string; parts: string[]; weight: number }[]
  /** The field by which a document names another language. */
  languageField: string
}

export interface WeightedText {
  text: string
  weight: number
}

/**
 * The texts of a document that a text index covers: strings, and strings in arrays, but not in arrays within arrays.
 * @throws 17261, 17262 for a document that asks for a language this database cannot index.
 */
export function collectTexts({ fields, languageField }: TextFields, document: BsonDocument): WeightedText[] {
  const texts: WeightedText[] = []
  requireLanguage(document, languageField)
  for (const { parts, weight } of fields)
    collect(document, parts, 0, languageField, (text) => texts.push({ text, weight }))
  return texts
}

/** The distinct words of a document, as they go into the index. */
export function collectWords(spec: TextFields, document: BsonDocument): Set<string> {
  return new Set(collectTexts(spec, document).flatMap(({ text }) => splitWords(text, FOLD_ALL)))
}

function collect(
  holder: BsonDocument,
  parts: string[],
  at: number,
  languageField: string,
  found: (text: string) => void,
): void {
  const value = readField(holder, parts[at] as string)
  if (value === MISSING) return
  const last = at === parts.length - 1
  for (const item of Array.isArray(value) ? value : [value]) {
    if (last && typeof item === 'string') found(item)
    else if (!last && isDocument(item)) {
      requireLanguage(item, languageField)
      collect(item, parts, at + 1, languageField, found)
    }
  }
}

function requireLanguage(document: BsonDocument, field: string): void {
  const language = readField(document, field)
  if (language === MISSING) return
  if (typeof language !== 'string') {
    throw new MongoError(17261, 'found language override field in document with non-string type')
  }
  if (language.toLowerCase() !== TEXT_LANGUAGE) {
    throw new MongoError(17262, `language override unsupported: ${language}`)
  }
}
