import type { IncomingMessage, ServerResponse } from 'node:http'
import { nodeHeader, writeResponse } from '#lib/http/node-web'
import { answerUpload } from '#lib/upload/answer-upload'
import { discardRest } from '#lib/upload/discard-rest'

/** The front door to uploads, on Node's own request and response. Never throws. */
export async function handleUpload(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const [path = ''] = (req.url ?? '').split('?')
  const response = await answerUpload({
    method: req.method ?? 'GET',
    path,
    header: (name) => nodeHeader(req, name),
    body: req,
  })
  discardRest(req)
  if (!res.destroyed) await writeResponse(res, response)
}
