import { serialize } from 'bson'
import { RawDocuments } from '#lib/db/embedded/commands/raw-documents'
import { type BsonDocument, isDocument } from '#lib/db/embedded/values/bson-type'

const TYPE_DOCUMENT = 0x03
const TYPE_ARRAY = 0x04

/** A reply as BSON, with RawDocuments at the top level or inside `cursor` copied in as arrays of documents. */
export function encodeReply(reply: BsonDocument): Buffer {
  const parts: Uint8Array[] = []
  for (const [name, value] of Object.entries(reply)) {
    if (value instanceof RawDocuments) parts.push(...encodeRaw(name, value))
    else if (isDocument(value) && Object.values(value).some((inner) => inner instanceof RawDocuments)) {
      parts.push(Buffer.of(TYPE_DOCUMENT), encodeName(name), encodeReply(value))
    } else {
      parts.push(encodeField(name, value))
    }
  }
  return wrap(parts)
}

function encodeField(name: string, value: unknown): Uint8Array {
  const bytes = serialize({ [name]: value }, { ignoreUndefined: true })
  return bytes.subarray(4, bytes.length - 1)
}

function encodeRaw(name: string, { documents }: RawDocuments): Uint8Array[] {
  const items = documents.flatMap((document, i) => [
    Buffer.of(TYPE_DOCUMENT),
    encodeName(String(i)),
    document,
  ])
  return [Buffer.of(TYPE_ARRAY), encodeName(name), wrap(items)]
}

function encodeName(name: string): Buffer {
  return Buffer.from(`${name}\0`, 'utf8')
}

function wrap(parts: Uint8Array[]): Buffer {
  const size = Buffer.alloc(4)
  size.writeInt32LE(5 + parts.reduce((sum, part) => sum + part.length, 0))
  return Buffer.concat([size, ...parts, Buffer.of(0)])
}
