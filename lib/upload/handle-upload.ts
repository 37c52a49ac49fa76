import type { IncomingMessage, ServerResponse } from 'node:http'
import { nodeHeader, writeResponse } from '#lib/http/node-web'
import { answerUpload } from '#lib/upload/answer-upload'
import { discardRest } from '#lib/upload/discard-rest'

/**
 * How much of a chunk at the wrong offset is read before the connection is cut. Browsers repeat a request whose
 * connection broke by themselves, and read no answer before the last byte: without a cut, a whole chunk for nothing.
 */
const MISPLACED_SIZE_BYTES_MAX = 1024 ** 2

/** The front door to uploads, on Node's own request and response. Never throws. */
export async function handleUpload(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const [path = ''] = (req.url ?? '').split('?')
  const response = await answerUpload({
    method: req.method ?? 'GET',
    path,
    header: (name) => nodeHeader(req, name),
    body: req,
  })
  discardRest(req, response.status === 409 ? MISPLACED_SIZE_BYTES_MAX : undefined)
  if (!res.destroyed) await writeResponse(res, response)
}
