import { type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from 'node:http'

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[]

/**
 * How long an answer is, from a route handler: Next takes Content-Length away from what handlers say. It never leaves the
 * server under this name.
 */
export const LENGTH_HEADER = 'x-peekr-length'

/**
 * What Node answers with, for Next, which flushes the headers of every answer just before it writes the first bytes. Sent by
 * themselves they are one more trip to the kernel and one more packet, so they wait for the end of the turn; and an answer
 * whose length is known needs no chunks, nor a last one. Together a tenth of what a segment through a route handler costs.
 */
export class JoinedResponse extends ServerResponse {
  override flushHeaders(): void {
    const { socket } = this
    socket?.cork()
    super.flushHeaders()
    if (socket !== null) process.nextTick(() => socket.uncork())
  }

  override writeHead(status: number, message?: string, headers?: Headers): this
  override writeHead(status: number, headers?: Headers): this
  override writeHead(status: number, ...rest: unknown[]): this {
    const length = this.getHeader(LENGTH_HEADER)
    if (length !== undefined) {
      this.removeHeader(LENGTH_HEADER)
      // Next has decided to compress it, so it has another one.
      if (!this.hasHeader('content-encoding')) this.setHeader('content-length', length)
    }
    return super.writeHead(status, ...(rest as []))
  }
}
