import * as http from 'node:http'
import * as https from 'node:https'
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
  const { protocol, hostname, port } = new URL(url)
  const { Agent, request } = protocol === 'https:' ? https : http
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_MAX })
  const host = hostname.replace(/^\[|\]$/g, '')
  let hasAnswered = false
  return {
    send: ({ method = 'GET', path, headers = {} }) =>
      new Promise((resolve, reject) => {
        const sent = request({ host, port: port || null, agent, method, path, headers, timeout: ANSWER_MS })
        sent.on('response', (answer) => {
          hasAnswered = true
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
          // Cut off later it is an answer: nothing came out. Without a first one there is nobody to ask.
          if (hasAnswered && error.code !== 'ECONNREFUSED')
            return resolve({ status: 0, body: Buffer.alloc(0) })
          reject(new PeekrError('starting', { message: describeSilence(url, error), cause: error }))
        })
        sent.end()
      }),
    close: () => agent.destroy(),
  }
}

function describeSilence(url: string, { code = '', message }: NodeJS.ErrnoException): string {
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) {
    return `The certificate of ${url} is not one this machine trusts (${message}). Name its authority in NODE_EXTRA_CA_CERTS, or another address with --url.`
  }
  return `Peekr does not answer at ${url}. Start it, or name its address with --url.`
}
