import type { Readable } from 'node:stream'
import { findViewer } from '#lib/auth/find-viewer'
import { PeekrError } from '#lib/errors'
import { toErrorResponse } from '#lib/http/error-response'
import { requestIdFrom } from '#lib/http/request-id'
import { type HeaderReader, requireSameSite } from '#lib/http/require-same-site'
import { requireViewer } from '#lib/http/require-viewer'
import { getLog } from '#lib/log'
import { cancelUpload } from '#lib/upload/cancel-upload'
import { finishUploadOrLeave } from '#lib/upload/finish-upload'
import {
  ALLOWED_METHODS,
  parseTusMethod,
  requireTusHeaders,
  TUS_VERSION,
  type TusMethod,
} from '#lib/upload/require-tus-headers'
import { toUploadError } from '#lib/upload/to-upload-error'
import { getTusServer, UPLOADS_ROUTE } from '#lib/upload/tus-server'
import { runInUploadContext, type UploadContext } from '#lib/upload/upload-context'
import { nextExpiry } from '#lib/upload/upload-expiry'
import { getOwnUpload, planUpload } from '#lib/upload/upload-policy'

/** A request as both doors see it. */
export interface UploadRequest {
  method: string
  /** Without the query. */
  path: string
  header: HeaderReader
  body: Readable | null
}

/** What @tus/server needs to know; cookies and forwarded addresses are no business of its. */
const PASSED_HEADERS = ['tus-resumable', 'upload-length', 'upload-offset', 'content-type', 'content-length']

/**
 * Answers one tus request (https://tus.io/protocols/resumable-upload, 1.0.0): signed in, same site, one's own
 * upload, then the protocol. Never throws: what goes wrong is in the answer, in the one error shape. OPTIONS says
 * what the server can do to anybody, as the protocol has it, and names no upload.
 */
export async function answerUpload(request: UploadRequest): Promise<Response> {
  const requestId = requestIdFrom(request.header('x-request-id'))
  const context: UploadContext = {
    body: request.body,
    interrupt: new AbortController(),
    planned: null,
    upload: null,
    created: false,
    error: null,
  }
  try {
    const response = await runInUploadContext(context, () => runRequest(request, context))
    response.headers.set('x-request-id', requestId)
    return withTusHeaders(response)
  } catch (error) {
    if (context.created) await undoCreation(context)
    return withTusHeaders(toErrorResponse(toUploadError(error), requestId))
  }
}

async function runRequest(request: UploadRequest, context: UploadContext): Promise<Response> {
  const { header } = request
  const method = parseTusMethod(request.method, header)
  const uploadId = parseUploadId(request.path)
  if (method !== 'OPTIONS') {
    requireSameSite(request.method, header)
    const viewer = requireViewer(
      await findViewer({ cookie: header('cookie') ?? null, authorization: header('authorization') ?? null }),
    )
    if (uploadId !== null) context.upload = await getOwnUpload(viewer, uploadId)
    requireAddress(method, uploadId)
    requireTusHeaders(method, header)
    if (uploadId === null) context.planned = planUpload(viewer, header)
  }
  const response = await askTusServer(method, request, context)
  await addFacts(response, context)
  return response
}

/** null for the collection. @throws not_found for anything deeper */
function parseUploadId(path: string): string | null {
  const rest = path.slice(UPLOADS_ROUTE.length).replace(/^\/|\/$/g, '')
  if (!path.startsWith(UPLOADS_ROUTE) || rest.includes('/')) throw new PeekrError('not_found')
  return rest === '' ? null : rest
}

/** A creation goes to the collection and everything else to an upload. */
function requireAddress(method: TusMethod, uploadId: string | null): void {
  if ((method === 'POST') === (uploadId === null)) return
  throw new PeekrError(uploadId === null ? 'not_found' : 'method_not_allowed')
}

async function askTusServer(
  method: TusMethod,
  { path, header }: UploadRequest,
  context: UploadContext,
): Promise<Response> {
  const headers = new Headers()
  for (const name of PASSED_HEADERS) {
    const value = header(name)
    if (value) headers.set(name, value)
  }
  // The host is not used: Location is relative.
  const response = await getTusServer().handleWeb(
    new Request(new URL(path, 'http://peekr'), { method, headers }),
  )
  if (response.status < 400) return response
  throw context.error ?? { status_code: response.status, body: await response.text() }
}

/** What our clients may want to know beyond what @tus/server says. */
async function addFacts(response: Response, { planned, upload }: UploadContext): Promise<void> {
  const known = planned ?? upload
  if (known === null) return
  response.headers.set('Peekr-Video-Id', known.videoId)
  if (upload !== null && upload.metadata !== '') response.headers.set('Upload-Metadata', upload.metadata)
  const offset = Number(response.headers.get('upload-offset') ?? 0)
  if (offset < known.sizeBytes) response.headers.set('Upload-Expires', nextExpiry().toUTCString())
  // Complete, yet nobody noticed: the process died, or the database was away, between the last byte and the mark.
  else if (upload?.state === 'open' && response.status === 200) await finishUploadOrLeave(upload._id)
}

function withTusHeaders(response: Response): Response {
  const { headers } = response
  headers.set('tus-resumable', TUS_VERSION)
  headers.set('x-content-type-options', 'nosniff')
  headers.set('cache-control', 'no-store')
  if (response.status === 412) headers.set('tus-version', TUS_VERSION)
  if (response.status === 405) headers.set('allow', ALLOWED_METHODS)
  return response
}

/** The client of a creation that failed half-way never learns its address, so nothing may stay behind. */
async function undoCreation({ planned }: UploadContext): Promise<void> {
  if (planned === null) return
  try {
    await cancelUpload(planned.uploadId)
  } catch (error) {
    getLog('upload').warn(
      { err: error, uploadId: planned.uploadId },
      'A failed creation is left to the sweep.',
    )
  }
}
