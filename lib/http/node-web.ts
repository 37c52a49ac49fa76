import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { toErrorBody } from '#lib/http/error-response'

/** One header of a Node request as a single string; what came several times is joined as HTTP joins it. */
export function nodeHeader(req: IncomingMessage, name: string): string | null {
  const value = req.headers[name]
  return Array.isArray(value) ? value.join(', ') : (value ?? null)
}

/** Writes a web Response onto Node's. A client that goes away half-way is not an error. */
export async function writeResponse(res: ServerResponse, response: Response): Promise<void> {
  const headers: Record<string, string | string[]> = {}
  for (const [name, value] of response.headers) headers[name] = value
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers['set-cookie'] = cookies
  res.writeHead(response.status, headers)
  if (response.body === null) {
    res.end()
    return
  }
  const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0])
  await pipeline(body, res).catch((error: unknown) => {
    if (!res.destroyed) throw error
  })
}

/** Answers a Node request with the error shape, or cuts the connection when an answer is under way already. */
export function writeError(res: ServerResponse, error: unknown, requestId: string): void {
  const { status, headers, body } = toErrorBody(error, requestId)
  if (res.headersSent) {
    res.destroy()
    return
  }
  const text = JSON.stringify(body)
  res.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  res.end(text)
}
