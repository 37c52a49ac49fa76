import { HEADER_SIZE_BYTES } from '#lib/db/embedded/wire/frame-reader'
import { OP_CODE } from '#lib/db/embedded/wire/op-code'

/** A whole reply message around one encoded document: OP_MSG, or OP_REPLY to an OP_QUERY. */
export function buildReply(reply: {
  responseTo: number
  requestId: number
  legacy: boolean
  body: Buffer
}): Buffer {
  const prefix = reply.legacy ? legacyPrefix() : Buffer.alloc(5)
  const header = Buffer.alloc(HEADER_SIZE_BYTES)
  header.writeInt32LE(HEADER_SIZE_BYTES + prefix.length + reply.body.length, 0)
  header.writeInt32LE(reply.requestId, 4)
  header.writeInt32LE(reply.responseTo, 8)
  header.writeInt32LE(reply.legacy ? OP_CODE.reply : OP_CODE.message, 12)
  return Buffer.concat([header, prefix, reply.body])
}

/** responseFlags (AwaitCapable), cursorId, startingFrom, numberReturned */
function legacyPrefix(): Buffer {
  const prefix = Buffer.alloc(20)
  prefix.writeInt32LE(8, 0)
  prefix.writeInt32LE(1, 16)
  return prefix
}
