import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import next from 'next'
import { DOOR_HEADER, getDoorKey } from '#lib/auth/door-key'
import { getConfig } from '#lib/config'
import { PeekrError } from '#lib/errors'
import { applyForwarded } from '#lib/http/apply-forwarded'
import { createHttpServer } from '#lib/http/create-http-server'
import { cutStalledReader } from '#lib/http/cut-stalled-reader'
import { writeError } from '#lib/http/node-web'
import { rememberOwnAddress } from '#lib/http/own-address'
import { findProjectRoot } from '#lib/jobs/find-project-root'
import { getLog } from '#lib/log'
import { handleStream } from '#lib/stream/handle-stream'
import { handleUpload } from '#lib/upload/handle-upload'

export interface WebServer {
  server: Server
  /** The port that was bound, which differs from the setting when that is 0. */
  port: number
  /** Refuses new connections, lets what runs finish for `graceMs`, then cuts what is left. */
  stop(graceMs: number): Promise<void>
}

/**
 * The front door: one HTTP server in one process. Segments and uploads are answered on Node's own request and
 * response (a pure Next handler costs 0.7 ms before it does anything); everything else is Next's.
 */
export async function startWebServer({ dev }: { dev: boolean }): Promise<WebServer> {
  const { host, port, trustedProxies, frontDoor } = getConfig()
  const app = next({ dev, dir: findProjectRoot(), customServer: true })
  await app.prepare()
  const handleNext = app.getRequestHandler()

  const route = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const path = req.url ?? '/'
    if (frontDoor && /^\/api\/uploads(?:[/?]|$)/.test(path)) return handleUpload(req, res)
    cutStalledReader(res)
    if (!METHODS.includes(req.method ?? '')) {
      throw new PeekrError('method_not_allowed', { details: { allow: METHODS.join(', ') } })
    }
    if (!isReadableTarget(path)) throw new PeekrError('not_found')
    if (!dev && answeredAsPageWrite(req, res)) return
    return handleNext(req, res)
  }
  const listener = (req: IncomingMessage, res: ServerResponse): void => {
    // Of the leak self-test, which tries both doors; `applyForwarded` takes such headers away.
    const wantsHandler = DOOR_HEADER in req.headers && req.headers[DOOR_HEADER] === getDoorKey()
    if (frontDoor && !wantsHandler && req.url?.startsWith('/stream/')) {
      void handleStream(req, res)
      return
    }
    const { requestId } = applyForwarded(req, trustedProxies)
    route(req, res).catch((error: unknown) => answerError(error, requestId, res))
  }
  const server = createHttpServer(listener, { dev })
  await listen(server, port, host)
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address : { address: host, port }
  rememberOwnAddress(bound)
  return {
    server,
    port: bound.port,
    stop: async (graceMs) => {
      await close(server, graceMs)
      await app.close()
    },
  }
}

/**
 * Whether Next should see an address at all: it answers one whose escapes are no UTF-8 with a 500, and one with a host
 * in it (the form for proxies) with a redirect to that host. Nothing of Peekr's is at either.
 */
function isReadableTarget(target: string): boolean {
  if (!target.startsWith('/')) return false
  try {
    decodeURIComponent(target.split('?')[0] ?? '')
    return true
  } catch {
    return false
  }
}

/** A web Request can have no other; Next answers TRACE with a 500. */
const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']
const PAGE_METHODS = ['GET', 'HEAD']

/**
 * Pages are only read (Peekr has no Server Actions), yet Next keeps up to 10 MiB of every body sent to one in memory
 * before it looks at it, whoever sends it. A form sent before its page's script ran gets that page again; the
 * connection ends, since nobody wants the rest of the body.
 * @throws method_not_allowed
 */
function answeredAsPageWrite({ method = 'GET', url = '/' }: IncomingMessage, res: ServerResponse): boolean {
  if (PAGE_METHODS.includes(method)) return false
  // Read as Next reads it, or `/api/../` would pass for an API's address and be a page's.
  const path = URL.canParse(url, 'http://peekr') ? new URL(url, 'http://peekr').pathname : '/'
  if (/^\/(?:api|stream)\//.test(path)) return false
  // `//elsewhere.example/` would be an address on another site.
  if (method !== 'POST' || !/^\/(?![/\\])/.test(url)) {
    throw new PeekrError('method_not_allowed', { details: { allow: PAGE_METHODS.join(', ') } })
  }
  res.writeHead(303, { location: url, 'cache-control': 'private, no-store', connection: 'close' }).end()
  return true
}

function answerError(error: unknown, requestId: string, res: ServerResponse): void {
  // What is left of a body is not wanted: the connection ends with the answer.
  if (!res.headersSent) res.setHeader('connection', 'close')
  writeError(res, error, requestId)
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  try {
    await bind(server, port, host)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Every interface, on a machine whose kernel has no IPv6.
    if (host === '::' && code === 'EAFNOSUPPORT') return bind(server, port, '0.0.0.0')
    throw new PeekrError('config_invalid', { message: describeBindError(code, port, host), cause: error })
  }
}

function bind(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      server.on('error', (error) => getLog('server').error({ err: error }, 'the server reported an error'))
      resolve()
    })
  })
}

function describeBindError(code: string | undefined, port: number, host: string): string {
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use. Stop the program that uses it, or set PORT to another one.`
  if (code === 'EACCES') return `Port ${port} needs root. Set PORT to one above 1023, or start Peekr as root.`
  return `Peekr cannot listen on ${host}, port ${port} (${code}). Set HOST to an address of this machine.`
}

async function close(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearTimeout(timer)
}
