import { deserialize, serialize } from 'bson'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'
import { hasWholeNumberNames, orderedEntries, rememberOrder } from '#lib/db/embedded/values/field-order'

/** A document with every number's type kept (Int32, Double, Long), so that writing it back changes nothing. */
export function decodeDocument(bytes: Uint8Array): BsonDocument {
  const document = deserialize(bytes, {
    promoteValues: false,
    promoteLongs: false,
    promoteBuffers: false,
    bsonRegExp: true,
  })
  if (hasWholeNumberNames(document)) rememberOrder(document, bytes)
  return document
}

/** The bytes of a document, `_id` first where it has one; `undefined` is left out of documents. */
export function encodeDocument(document: BsonDocument): Buffer {
  if (hasWholeNumberNames(document)) {
    const entries = orderedEntries(document)
    const id = entries.filter(([name]) => name === '_id')
    return encodeEntries([...id, ...entries.filter(([name]) => name !== '_id')])
  }
  const bytes = serialize(document, { ignoreUndefined: true })
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

const TYPE_DOCUMENT = 0x03
const TYPE_ARRAY = 0x04

/** A document whose fields are written one by one, in this order. */
function encodeEntries(entries: [string, unknown][]): Buffer {
  const parts = entries.flatMap(([name, value]) => encodeField(name, value))
  const size = Buffer.alloc(4)
  size.writeInt32LE(5 + parts.reduce((sum, part) => sum + part.length, 0))
  return Buffer.concat([size, ...parts, Buffer.of(0)])
}

function encodeField(name: string, value: unknown): Uint8Array[] {
  if (hasWholeNumberNames(value)) {
    const entries = Array.isArray(value)
      ? value.map((item, i): [string, unknown] => [String(i), item === undefined ? null : item])
      : isDocument(value)
        ? orderedEntries(value)
        : []
    const type = Array.isArray(value) ? TYPE_ARRAY : TYPE_DOCUMENT
    return [Buffer.of(type), Buffer.from(`${name}\0`, 'utf8'), encodeEntries(entries)]
  }
  const bytes = serialize({ [name]: value }, { ignoreUndefined: true })
  return [bytes.subarray(4, bytes.length - 1)]
}
