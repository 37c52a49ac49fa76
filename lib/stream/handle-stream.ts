import type { IncomingMessage, ServerResponse } from 'node:http'
import { cutStalledReader } from '#lib/http/cut-stalled-reader'
import { nodeHeader, writeError } from '#lib/http/node-web'
import { requestIdFrom } from '#lib/http/request-id'
import { readPieces } from '#lib/stream/read-pieces'
import { resolveStream, type StreamAnswer } from '#lib/stream/resolve-stream'

/**
 * Answers a request under `/stream` on Node's own request and response: a file in memory goes out in one write.
 * Never rejects: what goes wrong becomes an answer, or the end of the connection when one is under way.
 * A reader that takes no byte for `stallMs` (30 s) is cut.
 */
export async function handleStream(
  req: IncomingMessage,
  res: ServerResponse,
  options: { stallMs?: number } = {},
): Promise<void> {
  try {
    const answer = await resolveStream({
      method: req.method ?? 'GET',
      target: req.url ?? '',
      header: (name) => nodeHeader(req, name),
    })
    await writeAnswer(res, answer, options)
  } catch (error) {
    // A client that went away is not an error.
    if (res.destroyed || req.socket.destroyed) return
    writeError(res, error, requestIdFrom(nodeHeader(req, 'x-request-id')))
  }
}

async function writeAnswer(
  res: ServerResponse,
  { status, headers, body }: StreamAnswer,
  options: { stallMs?: number },
): Promise<void> {
  res.writeHead(status, headers)
  if (body === null || Buffer.isBuffer(body)) {
    res.end(body ?? undefined)
    // Most answers have gone to the kernel whole by now, and need no watching.
    if (res.socket === null || res.socket.writableLength > 0) cutStalledReader(res, options)
    return
  }
  cutStalledReader(res, options)
  for await (const piece of readPieces(body)) {
    if (res.destroyed) return
    if (!res.write(piece)) await drained(res)
  }
  res.end()
}

/** Until the reader has taken what was written, or is gone. */
function drained(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      res.off('drain', settle).off('close', settle)
      resolve()
    }
    res.on('drain', settle).on('close', settle)
  })
}
