import { Readable } from 'node:stream'
import { answerUpload } from '#lib/upload/answer-upload'
import { discardRest } from '#lib/upload/discard-rest'

/** The same as `handleUpload` for a route handler: takes a web Request and returns the Response. Never throws. */
export async function uploadResponse(request: Request): Promise<Response> {
  const body =
    request.body === null ? null : Readable.fromWeb(request.body as Parameters<typeof Readable.fromWeb>[0])
  // A connection lost before anybody reads would otherwise be an uncaught error; who reads finds it out.
  body?.on('error', () => {})
  const response = await answerUpload({
    method: request.method,
    path: new URL(request.url).pathname,
    header: (name) => request.headers.get(name),
    body,
  })
  if (body !== null) discardRest(body)
  return response
}
