import { onDemand } from 'bson'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'

/**
 * JavaScript puts field names that are whole numbers before all others, BSON keeps them where they are. A document that
 * has such names remembers their order here; it is no field, and copies made by spreading have it too.
 */
const ORDER = Symbol('field order')

type Ordered = BsonDocument & { [ORDER]?: string[] }

const WHOLE_NUMBER = /^(?:0|[1-9]\d*)$/
const TYPE_DOCUMENT = 0x03
const TYPE_ARRAY = 0x04

/** Whether a document, or one in it, has such a name; the first name gives it away. */
export function hasWholeNumberNames(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(hasWholeNumberNames)
  if (!isDocument(value)) return false
  for (const name in value) {
    if (WHOLE_NUMBER.test(name)) return true
    break
  }
  return Object.values(value).some((field) => typeof field === 'object' && hasWholeNumberNames(field))
}

/** Remembers the order of the fields in `bytes`, which `value` was decoded from. */
export function rememberOrder(value: unknown, bytes: Uint8Array): void {
  const elements = [...onDemand.parseToElements(bytes)].map(
    ([type, nameOffset, nameLength, offset, length]) => ({
      type,
      name: Buffer.from(bytes.subarray(nameOffset, nameOffset + nameLength)).toString('utf8'),
      bytes: bytes.subarray(offset, offset + length),
    }),
  )
  if (isDocument(value)) (value as Ordered)[ORDER] = elements.map(({ name }) => name)
  for (const { type, name, bytes: inner } of elements) {
    if (type === TYPE_DOCUMENT || type === TYPE_ARRAY)
      rememberOrder(Reflect.get(value as object, name), inner)
  }
}

/** What was made of a document keeps the order of its fields. */
export function keepOrder(from: BsonDocument, to: BsonDocument): BsonDocument {
  const order = (from as Ordered)[ORDER]
  if (order) (to as Ordered)[ORDER] = order
  return to
}

/** The fields in their order: those it is known of, then the new ones. */
export function orderedEntries(document: BsonDocument): [string, unknown][] {
  const order = (document as Ordered)[ORDER]
  if (!order) return Object.entries(document)
  const known = order.filter((name) => Object.hasOwn(document, name))
  const added = Object.keys(document).filter((name) => !order.includes(name))
  return [...known, ...added].map((name) => [name, document[name]])
}
