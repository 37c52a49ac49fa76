import { findViewer } from '#lib/auth/find-viewer'
import { connectDatabase } from '#lib/db/connect'
import type { Viewer } from '#lib/domain/permissions'
import { toErrorResponse } from '#lib/http/error-response'
import { requestIdFrom } from '#lib/http/request-id'
import { requireSameSite } from '#lib/http/require-same-site'

export interface ApiContext<Params> {
  request: Request
  viewer: Viewer | null
  requestId: string
  params: Params
  /** The client's address as the front door resolved it, for limits; `unknown` without our front door. */
  clientAddress: string
}

export interface ApiRouteOptions {
  /** `false` for the few answers that must come while the database is away; the viewer is then null. */
  database?: boolean
}

export type RouteHandler<Params> = (
  request: Request,
  context: { params: Promise<Params> },
) => Promise<Response>

/**
 * The frame of every handler under `app/api`: connects the database, finds out who asks, refuses writes from other
 * sites, and maps whatever is thrown to the one error shape. Answers are `private, no-store` unless the handler says
 * otherwise, and carry `x-request-id`. Authorising is the handler's own first line.
 */
export function apiRoute<Params = Record<string, never>>(
  handler: (context: ApiContext<Params>) => Promise<Response>,
  options: ApiRouteOptions = {},
): RouteHandler<Params> {
  return async (request, context) => {
    const requestId = requestIdFrom(request.headers.get('x-request-id'))
    try {
      requireSameSite(request.method, (name) => request.headers.get(name))
      let viewer: Viewer | null = null
      if (options.database !== false) {
        await connectDatabase()
        viewer = await findViewer({
          cookie: request.headers.get('cookie'),
          authorization: request.headers.get('authorization'),
        })
      }
      const params = await context.params
      const clientAddress = request.headers.get('x-peekr-client') ?? 'unknown'
      return withApiHeaders(await handler({ request, viewer, requestId, params, clientAddress }), requestId)
    } catch (error) {
      return toErrorResponse(error, requestId)
    }
  }
}

function withApiHeaders(response: Response, requestId: string): Response {
  // A copy, because the headers of Response.redirect() and the like cannot be changed.
  const headers = new Headers(response.headers)
  headers.set('x-request-id', requestId)
  headers.set('x-content-type-options', 'nosniff')
  if (!headers.has('cache-control')) headers.set('cache-control', 'private, no-store')
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers })
}
