import { Agent, request } from 'node:http'
import { PeekrError } from '#lib/errors'

export interface RawAnswer {
  status: number
  /** The first of it. */
  body: Buffer
}

const ANSWER_MS = 20_000
const BODY_BYTES_MAX = 512 * 1024
const SOCKETS_MAX = 8

export interface RawClient {
  send(asked: { method?: string; path: string; headers?: Record<string, string> }): Promise<RawAnswer>
  close(): void
}

/**
 * Sends requests whose address goes out sign for sign: `fetch` would tidy `..` and `%2e` away, which are the point.
 * A request that the server cuts off without an answer has status 0: nothing came out.
 */
export function openRawClient(url: string): RawClient {
  const { hostname, port } = new URL(url)
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_MAX })
  const host = hostname.replace(/^\[|\]$/g, '')
  return {
    send: ({ method = 'GET', path, headers = {} }) =>
      new Promise((resolve, reject) => {
        const sent = request({ host, port: port || 80, agent, method, path, headers, timeout: ANSWER_MS })
        sent.on('response', (answer) => {
          const pieces: Buffer[] = []
          let sizeBytes = 0
          const settle = () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(pieces) })
          answer.on('data', (piece: Buffer) => {
            pieces.push(piece)
            sizeBytes += piece.length
            if (sizeBytes > BODY_BYTES_MAX) answer.destroy()
          })
          answer.on('close', settle)
          answer.on('error', settle)
        })
        sent.on('timeout', () => sent.destroy())
        sent.on('error', (error: NodeJS.ErrnoException) => {
          if (error.code !== 'ECONNREFUSED') return resolve({ status: 0, body: Buffer.alloc(0) })
          const message = `Peekr does not answer at ${url}. Start it, or name its address with --url.`
          reject(new PeekrError('starting', { message, cause: error }))
        })
        sent.end()
      }),
    close: () => agent.destroy(),
  }
}
