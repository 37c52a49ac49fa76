import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { JoinedResponse } from '#lib/http/joined-response'

/** A request line and headers must be here by then; Node looks only now and then, so both together are 90 s. */
const HEADERS_MS = 85_000
const HEADERS_LOOK_MS = 5_000
/** A connection on which nothing moves for this long is cut; a slow upload that still moves is not. */
const IDLE_MS = 120_000
const KEEP_ALIVE_MS = 65_000

export interface SlowLimits {
  headersMs: number
  /** How often Node looks for connections whose headers are late. */
  headersLookMs: number
}

/** The longest that a connection may take for its headers: 90 s. */
export const SLOW_LIMITS: Readonly<SlowLimits> = { headersMs: HEADERS_MS, headersLookMs: HEADERS_LOOK_MS }

/**
 * An HTTP server that no slow client can hold on to: whoever has not sent all headers by `headersMs`, or sends nothing
 * at all, gets 408 and is cut; so is a connection on which nothing moves for 120 s. A body may take as long as it moves.
 * @param options.dev lets connections change to WebSocket, which only `next dev` speaks
 */
export function createHttpServer(
  listener: RequestListener,
  { dev = false, limits = SLOW_LIMITS }: { dev?: boolean; limits?: SlowLimits } = {},
): Server {
  // Otherwise a request to change the protocol is answered as if it had not asked: Next would take the socket over,
  // leave it open for ever, and so keep the server from stopping.
  const options = {
    ServerResponse: JoinedResponse as typeof ServerResponse,
    shouldUpgradeCallback: () => dev,
    connectionsCheckingInterval: limits.headersLookMs,
  }
  const server = createServer(options, listener)
  // Node before 24.9 does not ask.
  if (!dev) server.on('upgrade', (_req, socket) => socket.destroy())
  server.headersTimeout = limits.headersMs
  // Node's whole-request limit answers a slow PATCH with 408, which clients do not retry; idleness is what counts.
  server.requestTimeout = 0
  server.timeout = IDLE_MS
  server.keepAliveTimeout = KEEP_ALIVE_MS
  return server
}
