import type { Socket } from 'node:net'
import { buildReply } from '#lib/db/embedded/wire/build-reply'
import { createFrameReader } from '#lib/db/embedded/wire/frame-reader'
import { parseRequest, type WireRequest } from '#lib/db/embedded/wire/parse-request'
import { WireError } from '#lib/db/embedded/wire/wire-error'
import { getLog } from '#lib/log'

/** Answers that a client does not read; past this it is cut rather than kept in memory. */
const UNREAD_BYTES_MAX = 256 * 1024 * 1024

/** Takes a request and calls back once with the encoded reply document. */
export type HandleRequest = (request: WireRequest, reply: (body: Buffer) => void) => void

let nextRequestId = 1

/** Speaks the wire protocol on one connection until it ends. Whatever is wrong with it closes it and nothing else. */
export function serveConnection(socket: Socket, handle: HandleRequest): void {
  const reader = createFrameReader()
  socket.on('error', (error) => getLog('database').debug({ err: error }, 'A database connection broke.'))
  socket.on('data', (chunk: Buffer) => {
    try {
      for (const frame of reader.push(chunk)) answer(socket, parseRequest(frame), handle)
    } catch (error) {
      const why = error instanceof WireError ? error.message : String(error)
      getLog('database').debug(
        { why },
        'A database connection sent something that is not the protocol; closed.',
      )
      socket.destroy()
    }
  })
}

function answer(socket: Socket, request: WireRequest, handle: HandleRequest): void {
  handle(request, (body) => {
    if (request.moreToCome || socket.destroyed) return
    socket.write(
      buildReply({
        responseTo: request.requestId,
        requestId: nextRequestId++ | 0,
        legacy: request.legacy,
        body,
      }),
    )
    if (socket.writableLength > UNREAD_BYTES_MAX) socket.destroy()
  })
}
