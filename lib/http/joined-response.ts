import { type OutgoingHttpHeader, type OutgoingHttpHeaders, ServerResponse } from 'node:http'

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[]
type Written = (error: Error | null | undefined) => void

/**
 * How long an answer is, from a route handler: Next takes Content-Length away from what handlers say. It never leaves the
 * server under this name.
 */
export const LENGTH_HEADER = 'x-peekr-length'

/**
 * What Node answers with, for Next, which flushes the headers of every answer just before it writes the first bytes. Sent by
 * themselves they are one more trip to the kernel and one more packet, so they wait for the end of the turn. An answer whose
 * length is known needs no chunks, nor a last one; and when it is written whole nothing comes that would have to wait.
 */
export class JoinedResponse extends ServerResponse {
  #sizeBytes = -1

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
      if (!this.hasHeader('content-encoding')) {
        this.setHeader('content-length', length)
        this.#sizeBytes = Number(length)
      }
    }
    return super.writeHead(status, ...(rest as []))
  }

  override write(chunk: unknown, callback?: Written): boolean
  override write(chunk: unknown, encoding: BufferEncoding, callback?: Written): boolean
  override write(chunk: unknown, ...rest: unknown[]): boolean {
    const isTaken = super.write(chunk, ...(rest as []))
    return isTaken || (chunk instanceof Uint8Array && chunk.length === this.#sizeBytes)
  }
}
