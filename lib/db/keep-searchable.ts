import type { Query, Schema } from 'mongoose'
import { buildSearchWords } from '#lib/domain/search-words'

/** The fields of a video that a search looks at, with what a text index counts them for. */
export const SEARCHED_FIELDS = { title: 10, tags: 5, description: 1 } as const

type Searched = keyof typeof SEARCHED_FIELDS

/** Counted up when what is made of a text changes; records of before are then made anew at the start. */
export const SEARCH_VERSION = 1

export type SearchWords = Partial<Record<Searched, string>> & { version?: number }

/**
 * A schema plugin: beside each searched field of a record, `search` keeps what the text index reads of it, written in
 * the same step, so that the two never differ. Each field has its own, so an update needs to know no other field.
 */
export function keepSearchable(schema: Schema): void {
  schema.pre('save', function () {
    this.set('search', buildWords(this.toObject() as Record<string, unknown>))
  })
  schema.pre('insertMany', (documents: Record<string, unknown> | Record<string, unknown>[]) => {
    for (const document of Array.isArray(documents) ? documents : [documents]) {
      document.search = buildWords(document)
    }
  })
  schema.pre(
    ['updateOne', 'updateMany', 'findOneAndUpdate'],
    { query: true, document: false },
    function (this: Query<unknown, unknown>) {
      const update = this.getUpdate()
      if (update === null || Array.isArray(update)) return
      const given = { ...update, ...update.$set, ...update.$setOnInsert } as Record<string, unknown>
      for (const field of FIELDS) {
        if (given[field] !== undefined) this.set(`search.${field}`, buildFieldWords(given[field]))
      }
    },
  )
}

const FIELDS = Object.keys(SEARCHED_FIELDS) as Searched[]

/** All search words of a record. */
export function buildWords(record: Partial<Record<Searched, unknown>>): SearchWords {
  const words = FIELDS.map((field) => [field, buildFieldWords(record[field])])
  return { version: SEARCH_VERSION, ...Object.fromEntries(words) }
}

function buildFieldWords(value: unknown): string {
  if (Array.isArray(value)) return buildSearchWords(value.join('\n'))
  return typeof value === 'string' ? buildSearchWords(value) : ''
}
