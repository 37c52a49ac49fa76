import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { mongo } from 'mongoose'
import { PeekrError } from '#lib/errors'

/**
 * A database in one file: gzip over records, each a byte that says what it is and a BSON document. BSON rather than
 * JSON, so that every type and every byte of a document comes back as it was.
 */
export const RECORD = { header: 1, collection: 2, document: 3, collectionEnd: 4, end: 5 } as const
export const DUMP_FORMAT = 'peekr-database'
export const DUMP_VERSION = 1

const DOCUMENT_SIZE_BYTES_MAX = 17 * 1024 * 1024

export interface DumpRecord {
  kind: number
  bytes: Buffer
}

/** What a collection holds, whatever the order it is read in. */
export interface Tally {
  count: number
  /** The XOR of the documents' SHA-256, as hex. */
  checksum: string
}

export interface TallyBuilder {
  add(document: Uint8Array): void
  result(): Tally
}

export function createTally(): TallyBuilder {
  const sum = Buffer.alloc(32)
  let count = 0
  return {
    add(document) {
      count++
      const digest = createHash('sha256').update(document).digest()
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) ^ (digest[i] ?? 0)
    },
    result: () => ({ count, checksum: sum.toString('hex') }),
  }
}

export function buildRecord(kind: number, document: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(kind), document])
}

/** Every record of a file in turn. @throws invalid_input for a file that is cut off or something else */
export async function* readRecords(path: string): AsyncGenerator<DumpRecord> {
  let rest: Buffer = Buffer.alloc(0)
  try {
    for await (const chunk of createReadStream(path).pipe(createGunzip())) {
      rest = rest.length > 0 ? Buffer.concat([rest, chunk as Buffer]) : (chunk as Buffer)
      for (;;) {
        const sizeBytes = rest.length < 5 ? 0 : rest.readInt32LE(1)
        if (rest.length >= 5 && (sizeBytes < 5 || sizeBytes > DOCUMENT_SIZE_BYTES_MAX)) throw unreadable(path)
        if (sizeBytes === 0 || rest.length < 1 + sizeBytes) break
        yield { kind: rest[0] ?? 0, bytes: rest.subarray(1, 1 + sizeBytes) }
        rest = rest.subarray(1 + sizeBytes)
      }
    }
  } catch (error) {
    throw isZlibError(error) ? unreadable(path, error) : error
  }
  if (rest.length > 0) throw unreadable(path)
}

/** A document of the file with every type kept, so that storing it gives the same bytes. */
export function decodeRecord(bytes: Uint8Array): mongo.Document {
  return mongo.BSON.deserialize(bytes, { promoteValues: false, promoteBuffers: false, bsonRegExp: true })
}

export function unreadable(path: string, cause?: unknown): PeekrError {
  return new PeekrError('invalid_input', {
    message: `${path} is not a whole export of a Peekr database. Export it again with \`peekr db export\`.`,
    cause,
  })
}

function isZlibError(error: unknown): boolean {
  const code = (error as { code?: unknown }).code
  return typeof code === 'string' && code.startsWith('Z_')
}
