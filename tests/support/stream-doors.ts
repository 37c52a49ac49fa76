import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LENGTH_HEADER } from '#lib/http/joined-response'
import { writeResponse } from '#lib/http/node-web'
import { handleStream } from '#lib/stream/handle-stream'
import { streamResponse } from '#lib/stream/stream-response'

export interface Answer {
  status: number
  headers: Record<string, string>
  body: Buffer
}

export interface Door {
  name: string
  port: number
  get(target: string, options?: { method?: string; headers?: Record<string, string> }): Promise<Answer>
  countConnections(): Promise<number>
  close(): Promise<void>
}

/** The two ways into lib/stream: Node's request and response, and the web's as a route handler gets them. */
export async function openDoors(options: { stallMs?: number } = {}): Promise<[Door, Door]> {
  const node = createServer((req, res) => void handleStream(req, res, options))
  const handler = createServer((req, res) => {
    void streamResponse(toWebRequest(req)).then((response) => writeResponse(res, asNextSends(response)))
  })
  return [await openDoor('front door', node), await openDoor('route handler', handler)]
}

async function openDoor(name: string, server: Server): Promise<Door> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    name,
    port,
    get: (target, options = {}) => send(port, target, options),
    countConnections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
      }),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function send(
  port: number,
  path: string,
  options: { method?: string; headers?: Record<string, string> },
): Promise<Answer> {
  const { method = 'GET', headers = {} } = options
  return new Promise((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port, path, method, headers, agent: false }, (res) => {
      const pieces: Buffer[] = []
      res.on('data', (piece: Buffer) => pieces.push(piece))
      res.on('error', reject)
      res.on('end', () => {
        const { statusCode: status = 0, headers: received } = res
        resolve({ status, headers: received as Record<string, string>, body: Buffer.concat(pieces) })
      })
    })
    req.on('error', reject)
    req.end()
  })
}

/** Next 16 takes these from every answer of a handler, whatever they say of the body; our server puts the length back. */
function asNextSends(response: Response): Response {
  const { headers } = response
  for (const name of ['content-length', 'content-encoding', 'transfer-encoding']) headers.delete(name)
  const length = headers.get(LENGTH_HEADER)
  headers.delete(LENGTH_HEADER)
  if (length !== null) headers.set('content-length', length)
  return response
}

/** As Next does it: the URL goes through the WHATWG parser, so dot segments are gone before a handler sees it. */
function toWebRequest(req: IncomingMessage): Request {
  const headers = new Headers()
  for (const [name, value] of Object.entries(req.headers)) headers.set(name, String(value))
  return new Request(`http://${req.headers.host}${req.url}`, { method: req.method ?? 'GET', headers })
}
