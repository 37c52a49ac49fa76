import { checkBson, skipText } from '#lib/db/embedded/wire/check-bson'
import type { Frame } from '#lib/db/embedded/wire/frame-reader'
import { OP_CODE } from '#lib/db/embedded/wire/op-code'
import { WireError } from '#lib/db/embedded/wire/wire-error'

export interface WireRequest {
  requestId: number
  /** The command document, undecoded. */
  body: Buffer
  /** Document sequences (section kind 1) by their name: `documents`, `updates`, `deletes`. */
  sequences: Map<string, Buffer[]>
  /** The client wants no answer (unacknowledged write). */
  moreToCome: boolean
  /** OP_QUERY is answered with OP_REPLY; drivers use it for their first `hello` only. */
  legacy: boolean
}

const FLAG = { checksumPresent: 1, moreToCome: 2 } as const
/** Of the first 16 flags an unknown one must be refused; the others may be ignored. */
const FLAGS_KNOWN = FLAG.checksumPresent | FLAG.moreToCome

/**
 * Reads OP_MSG, or an OP_QUERY that carries a command. All BSON in it has been checked.
 * @throws WireError
 */
export function parseRequest(frame: Frame): WireRequest {
  if (frame.opCode === OP_CODE.message) return parseMessage(frame)
  if (frame.opCode === OP_CODE.query) return parseQuery(frame)
  throw new WireError(`The message kind ${frame.opCode} is not supported.`)
}

function parseMessage({ requestId, body }: Frame): WireRequest {
  if (body.length < 5) throw new WireError('A message has no body.')
  const flags = body.readUInt32LE(0)
  if (flags & 0xffff & ~FLAGS_KNOWN) throw new WireError('A message has unknown required flags.')
  const end = flags & FLAG.checksumPresent ? body.length - 4 : body.length
  const sequences = new Map<string, Buffer[]>()
  let command: Buffer | null = null
  let at = 4
  while (at < end) {
    const kind = body[at++]
    if (kind === 0) {
      if (command) throw new WireError('A message has two bodies.')
      const next = checkBson(body, at, end)
      command = body.subarray(at, next)
      at = next
    } else if (kind === 1) {
      at = readSequence(body, at, end, sequences)
    } else {
      throw new WireError(`A message has a section of kind ${kind}.`)
    }
  }
  if (!command) throw new WireError('A message has no body.')
  return { requestId, body: command, sequences, moreToCome: (flags & FLAG.moreToCome) !== 0, legacy: false }
}

function readSequence(body: Buffer, at: number, limit: number, sequences: Map<string, Buffer[]>): number {
  if (at + 4 > limit) throw new WireError('A document sequence is cut off.')
  const end = at + body.readInt32LE(at)
  if (end < at + 5 || end > limit) throw new WireError('A document sequence has an impossible length.')
  let next = skipText(body, at + 4, end)
  const name = body.toString('utf8', at + 4, next - 1)
  if (sequences.has(name)) throw new WireError(`A message has the document sequence ${name} twice.`)
  const documents: Buffer[] = []
  while (next < end) {
    const after = checkBson(body, next, end)
    documents.push(body.subarray(next, after))
    next = after
  }
  sequences.set(name, documents)
  return end
}

/** flags, collection name, skip, return, document */
function parseQuery({ requestId, body }: Frame): WireRequest {
  const nameEnd = skipText(body, 4, body.length)
  if (!body.toString('utf8', 4, nameEnd - 1).endsWith('.$cmd'))
    throw new WireError('OP_QUERY is for commands only.')
  const start = nameEnd + 8
  const end = checkBson(body, start, body.length)
  return { requestId, body: body.subarray(start, end), sequences: new Map(), moreToCome: false, legacy: true }
}
