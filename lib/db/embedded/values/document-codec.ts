import { deserialize, serialize } from 'bson'
import type { BsonDocument } from '#lib/db/embedded/values/bson-type'

/** A document with every number's type kept (Int32, Double, Long), so that writing it back changes nothing. */
export function decodeDocument(bytes: Uint8Array): BsonDocument {
  return deserialize(bytes, {
    promoteValues: false,
    promoteLongs: false,
    promoteBuffers: false,
    bsonRegExp: true,
  })
}

/** The bytes of a document; `undefined` is left out of documents. */
export function encodeDocument(document: BsonDocument): Buffer {
  const bytes = serialize(document, { ignoreUndefined: true })
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
