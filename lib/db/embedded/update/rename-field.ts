import { MongoError } from '#lib/db/embedded/mongo-error'
import { findValue, MISSING } from '#lib/db/embedded/query/field-path'
import { changeAtPath } from '#lib/db/embedded/update/change-at-path'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'

/** `$rename`: takes a value away from one path and sets it at another. @throws BadValue inside arrays */
export function renameField(document: BsonDocument, from: string[], to: string[]): void {
  const value = findValue(document, from)
  if (value === MISSING) return
  requireNoArray(document, from, 'source')
  requireNoArray(document, to, 'destination')
  const common = { document, arrayFilters: new Map(), findPosition: () => null }
  changeAtPath({ ...common, parts: from, creates: false, change: () => MISSING })
  changeAtPath({ ...common, parts: to, creates: true, change: () => value })
}

function requireNoArray(document: BsonDocument, parts: string[], side: string): void {
  for (let length = 1; length < parts.length; length++) {
    if (Array.isArray(findValue(document, parts.slice(0, length)))) {
      throw new MongoError(2, `The ${side} field cannot be an array element, '${parts.join('.')}'`)
    }
  }
}
