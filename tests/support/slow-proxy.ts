import { once } from 'node:events'
import {
  Agent,
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const HELD_MS = 20

export interface SentChunk {
  uploadUrl: string
  offset: number
  /** Bytes of the body that the browser sent, whether or not the server lived to take them. */
  sentBytes: number
  /** null while there is none, and when the connection broke before it came. */
  status: number | null
}

export interface SlowProxy {
  /** Such as `http://127.0.0.1:41235`, without a trailing slash. */
  url: string
  /** Every PATCH so far, in order. */
  chunks: SentChunk[]
  /** The sum of all PATCH bodies since it was opened or `forget` was called. */
  sentBytes(): number
  /** Resolves once that sum has reached `count`. */
  reached(count: number): Promise<void>
  /** The same, and lets nothing more of any chunk through from there, however long the test takes, until `release`. */
  holdAt(count: number): Promise<void>
  release(): void
  /** Starts counting anew. */
  forget(): void
  /** Lets nothing more of the chunks through that are on their way, like a router that forgot them; nobody is told. */
  freeze(): void
  /** Breaks every connection there is, in the middle of whatever it carries. */
  cut(): void
  /** What a client is told while the server is away: nothing, or what nginx answers. */
  whenAway: 'reset' | 502
  close(): Promise<void>
}

/**
 * A reverse proxy in front of a server, that lets uploads through at `bytesPerSecond` (of all of them together) and
 * counts them: over loopback an upload ends before anything could happen to it.
 * @param target the origin of the server
 */
export async function openSlowProxy(target: string, bytesPerSecond: number): Promise<SlowProxy> {
  const agent = new Agent({ keepAlive: false })
  const chunks: SentChunk[] = []
  const waiting = new Set<{ count: number; resolve: () => void }>()
  const sending = new Set<Socket>()
  const frozen = new WeakSet<Socket>()
  let freeAtMs = 0
  let heldAt = Number.POSITIVE_INFINITY
  const server = createServer({ requestTimeout: 0 }, (req, res) => void pass(req, res))
  await once(server.listen(0, '127.0.0.1'), 'listening')

  const proxy: SlowProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    chunks,
    sentBytes: () => chunks.reduce((sum, chunk) => sum + chunk.sentBytes, 0),
    reached: (count) => new Promise((resolve) => waiting.add({ count, resolve }) && notify()),
    holdAt(count) {
      heldAt = count
      return proxy.reached(count)
    },
    release() {
      heldAt = Number.POSITIVE_INFINITY
    },
    forget: () => void chunks.splice(0),
    freeze: () => {
      for (const socket of sending) frozen.add(socket)
    },
    cut: () => server.closeAllConnections(),
    whenAway: 'reset',
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      agent.destroy()
    },
  }
  return proxy

  async function pass(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { method, rawHeaders: headers } = req
    const upstream = request(target + req.url, { method, headers, agent })
    const broken = () => {
      upstream.destroy()
      refuse(req, res)
    }
    upstream.on('error', broken)
    upstream.on('response', (answer) => {
      // A server that answers early and then cuts the connection does so here as well.
      upstream.once('close', () => req.complete || frozen.has(req.socket) || req.socket.destroy())
      res.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.on('error', () => res.destroy()).pipe(res)
    })
    // The browser went away: so does the connection behind, unless that is just what nobody learns.
    const left = () => {
      if (!frozen.has(req.socket)) upstream.destroy()
    }
    res.on('close', left)
    req.on('error', left)
    if (method !== 'PATCH') return void req.pipe(upstream)
    const chunk: SentChunk = {
      uploadUrl: req.url ?? '',
      offset: Number(req.headers['upload-offset']),
      sentBytes: 0,
      status: null,
    }
    chunks.push(chunk)
    sending.add(req.socket)
    upstream.on('response', (answer) => {
      chunk.status = answer.statusCode ?? null
    })
    try {
      for await (const bytes of req.iterator({ destroyOnReturn: false })) {
        await forward(bytes, chunk, upstream)
        if (frozen.has(req.socket)) return
      }
      upstream.end()
    } catch {
      left()
    } finally {
      sending.delete(req.socket)
    }
  }

  async function forward(bytes: Buffer, chunk: SentChunk, upstream: ClientRequest): Promise<void> {
    chunk.sentBytes += bytes.length
    notify()
    while (proxy.sentBytes() >= heldAt && !upstream.destroyed) await sleep(HELD_MS)
    freeAtMs = Math.max(freeAtMs, performance.now()) + (bytes.length / bytesPerSecond) * 1000
    upstream.write(bytes)
    const waitMs = freeAtMs - performance.now()
    if (waitMs > 1) await sleep(waitMs)
  }

  function notify(): void {
    for (const entry of waiting) {
      if (proxy.sentBytes() < entry.count) continue
      waiting.delete(entry)
      entry.resolve()
    }
  }

  function refuse(req: IncomingMessage, res: ServerResponse): void {
    if (proxy.whenAway === 'reset' || res.headersSent || req.socket.destroyed)
      return void req.socket.destroy()
    res.writeHead(proxy.whenAway, { 'content-type': 'text/html', connection: 'close' })
    res.end('<h1>502 Bad Gateway</h1>')
  }
}
