import type { IncomingMessage, ServerResponse } from 'node:http'
import { getConfig } from '#lib/config'
import { applyForwarded } from '#lib/http/apply-forwarded'
import { cutStalledReader } from '#lib/http/cut-stalled-reader'
import { findClient } from '#lib/http/forwarded'
import { nodeHeader, writeError } from '#lib/http/node-web'
import type { ByteRange } from '#lib/stream/http-range'
import { holdMedia } from '#lib/stream/media-cache'
import type { MediaPath } from '#lib/stream/open-media-file'
import { readPieces } from '#lib/stream/read-pieces'
import { resolveStream } from '#lib/stream/resolve-stream'
import { sendTogether } from '#lib/stream/send-together'
import type { MemoryBody, StreamAnswer } from '#lib/stream/stream-answer'

/** Of an answer up to this size, waking its reader is a good part of the cost. */
const SMALL_SIZE_BYTES_MAX = 64 * 1024

/**
 * Answers a request under `/stream` on Node's own request and response: a file in memory goes out in one write.
 * Never rejects: what goes wrong becomes an answer, or the end of the connection when one is under way.
 * A reader that takes no byte for `stallMs` (30 s) is cut. It takes the request as it came: making all headers true
 * first, as for everything else, would cost a twentieth of a small answer.
 */
export async function handleStream(
  req: IncomingMessage,
  res: ServerResponse,
  options: { stallMs?: number } = {},
): Promise<void> {
  const { trustedProxies } = getConfig()
  // One that was sent behind others on the same connection holds no memory until they are answered.
  if (res.socket === null && !(await hasItsTurn(req, res))) return
  try {
    const { clientAddress, hops } = findClient(req, trustedProxies)
    const answer = await resolveStream({
      method: req.method ?? 'GET',
      target: req.url ?? '',
      header: (name) => nodeHeader(req, name),
      client: clientAddress,
      isThroughProxy: hops > 0,
    })
    await writeAnswer(res, answer, options)
  } catch (error) {
    // A client that went away is not an error.
    if (res.destroyed || req.socket.destroyed) return
    writeError(res, error, applyForwarded(req, trustedProxies).requestId)
  }
}

async function writeAnswer(
  res: ServerResponse,
  { status, headers, body }: StreamAnswer,
  options: { stallMs?: number },
): Promise<void> {
  res.writeHead(status, headers)
  if (body === null || 'bytes' in body) {
    const send = () => writeWhole(res, body, options)
    if (body !== null && body.bytes.length > SMALL_SIZE_BYTES_MAX) send()
    else sendTogether(send)
    return
  }
  cutStalledReader(res, options)
  await writePieces(res, body)
}

function writeWhole(res: ServerResponse, body: MemoryBody | null, options: { stallMs?: number }): void {
  if (res.destroyed) return
  res.end(body?.bytes)
  // Most answers have gone to the kernel whole by now, and need no watching.
  if (res.socket !== null && res.socket.writableLength === 0) return
  if (body !== null) res.once('close', holdMedia(body.media))
  cutStalledReader(res, options)
}

async function writePieces(res: ServerResponse, part: MediaPath & ByteRange): Promise<void> {
  for await (const piece of readPieces(part)) {
    if (!(await isTaken(res, piece))) return
  }
  res.end()
}

/** Sends a piece and waits until its memory is free again; false when the reader is gone. */
function isTaken(res: ServerResponse, piece: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = () => {
      res.off('close', settle)
      resolve(!res.destroyed)
    }
    if (res.destroyed) return resolve(false)
    res.on('close', settle)
    res.write(piece, settle)
  })
}

/** Waits until the answers before this one have left; false when the connection ended first. */
function hasItsTurn(req: IncomingMessage, res: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = () => {
      res.off('socket', settle)
      req.off('close', settle)
      resolve(!req.socket.destroyed)
    }
    res.on('socket', settle)
    req.on('close', settle)
  })
}
