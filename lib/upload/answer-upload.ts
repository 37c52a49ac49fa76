import type { Readable } from 'node:stream'
import { findViewer } from '#lib/auth/find-viewer'
import type { UploadRecord } from '#lib/db/models/upload'
import type { Viewer } from '#lib/domain/permissions'
import { PeekrError } from '#lib/errors'
import { toErrorResponse } from '#lib/http/error-response'
import { requestIdFrom } from '#lib/http/request-id'
import { type HeaderReader, requireSameSite } from '#lib/http/require-same-site'
import { requireViewer } from '#lib/http/require-viewer'
import { getLog } from '#lib/log'
import { cancelUpload } from '#lib/upload/cancel-upload'
import { createFinalUpload } from '#lib/upload/create-final-upload'
import { findAdmitted } from '#lib/upload/find-admitted'
import { findSameVideo } from '#lib/upload/find-same-video'
import { finishUploadOrLeave } from '#lib/upload/finish-upload'
import { CHECKSUM_ALGORITHMS, parseChecksum } from '#lib/upload/parse-checksum'
import { parseConcat } from '#lib/upload/parse-concat'
import {
  ALLOWED_METHODS,
  parseTusMethod,
  requireTusHeaders,
  TUS_VERSION,
  type TusMethod,
} from '#lib/upload/require-tus-headers'
import { toUploadError } from '#lib/upload/to-upload-error'
import { getTusServer, UPLOADS_ROUTE } from '#lib/upload/tus-server'
import { type PlannedUpload, runInUploadContext, type UploadContext } from '#lib/upload/upload-context'
import { nextExpiry } from '#lib/upload/upload-expiry'
import { findUploadRecord, planUpload, requireOwnUpload } from '#lib/upload/upload-policy'
import { withBodySlot } from '#lib/upload/with-body-slot'

/** A request as both doors see it. */
export interface UploadRequest {
  method: string
  /** Without the query. */
  path: string
  header: HeaderReader
  body: Readable | null
}

/** What clients should send at most in one request: under the 100 MB that some proxies let through (Cloudflare). */
const CHUNK_SIZE_BYTES = 16 * 1024 ** 2

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
    method: 'OPTIONS',
    viewer: null,
    credentials: request.header('authorization') ?? request.header('cookie') ?? '',
    checksum: null,
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
  context.method = method
  if (method === 'OPTIONS') return describeUploads(await askTusServer(request, context))
  const uploadId = parseUploadId(request.path)
  requireSameSite(request.method, header)
  const viewer = await requireUploader(request, context, uploadId)
  requireAddress(method, uploadId)
  requireTusHeaders(method, header)
  context.checksum = parseChecksum(header('upload-checksum'))
  const concat = parseConcat(header('upload-concat'))
  if (uploadId === null && concat?.kind === 'final') return createFinal(request, viewer, concat.partIds)
  // "The Server MUST respond with the 403 Forbidden status to PATCH requests against a final upload URL."
  if (method === 'PATCH' && context.upload?.kind === 'final') throw new PeekrError('forbidden', FINAL)
  if (method === 'HEAD' && context.upload?.kind === 'final' && context.upload.state === 'open') {
    return describeJoining(context.upload)
  }
  if (uploadId === null) context.planned = await planUpload(viewer, header)
  const ask = () => askTusServer(request, context)
  const response = await (hasBody(method, header) ? withBodySlot(viewer.userId, ask) : ask())
  await addFacts(response, context)
  return response
}

/** Whether bytes may follow (RFC 9112, 6.3). */
function hasBody(method: TusMethod, header: HeaderReader): boolean {
  if (method !== 'PATCH' && method !== 'POST') return false
  return Number(header('content-length') ?? 0) > 0 || header('transfer-encoding') !== null
}

const FINAL = { message: 'This upload was put together from its parts and takes no bytes itself.' }

/** Who asks, with the upload the address names read beside, unless the last chunk has just told both. */
async function requireUploader(
  { header }: UploadRequest,
  context: UploadContext,
  uploadId: string | null,
): Promise<Viewer> {
  const admitted = context.method === 'PATCH' ? findAdmitted(uploadId ?? '', context.credentials) : null
  if (admitted !== null) {
    context.viewer = admitted.viewer
    context.upload = admitted.record
    return admitted.viewer
  }
  const [found, record] = await Promise.all([
    findViewer({ cookie: header('cookie') ?? null, authorization: header('authorization') ?? null }),
    uploadId === null ? null : findUploadRecord(uploadId),
  ])
  const viewer = requireViewer(found)
  if (uploadId !== null) context.upload = requireOwnUpload(viewer, record)
  context.viewer = viewer
  return viewer
}

async function createFinal({ header }: UploadRequest, viewer: Viewer, partIds: string[]): Promise<Response> {
  const final = await createFinalUpload({ owner: viewer, partIds, header })
  const location = `${UPLOADS_ROUTE}/${final._id}`
  const facts = { location, 'peekr-video-id': final.videoId }
  return new Response(null, { status: 201, headers: facts })
}

function describeUploads(response: Response): Response {
  response.headers.set('tus-checksum-algorithm', CHECKSUM_ALGORITHMS.join(','))
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

async function askTusServer({ path, header }: UploadRequest, context: UploadContext): Promise<Response> {
  const { method } = context
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
async function addFacts(response: Response, { method, planned, upload }: UploadContext): Promise<void> {
  const known = planned ?? upload
  if (known === null) return
  const isPartial = known.kind === 'partial'
  if (!isPartial) response.headers.set('Peekr-Video-Id', known.replaces ?? known.videoId)
  if (method === 'HEAD') addConcat(response, upload)
  if (planned !== null && planned.kind === 'whole') await addSameVideo(response, planned)
  if (upload !== null && upload.metadata !== '') response.headers.set('Upload-Metadata', upload.metadata)
  const offset = Number(response.headers.get('upload-offset') ?? 0)
  if (isPartial ? upload?.state !== 'joined' : offset < known.sizeBytes)
    response.headers.set('Upload-Expires', nextExpiry().toUTCString())
  // Complete, yet nobody noticed: the process died, or the database was away, between the last byte and the mark.
  else if (upload?.state === 'open' && response.status === 200) await finishUploadOrLeave(upload._id)
}

/** One's own video that was made of the same file, as far as its fingerprint tells: the person may want no second. */
async function addSameVideo(response: Response, { owner, videoId, metadata }: PlannedUpload): Promise<void> {
  const same = await findSameVideo({ ownerId: owner.userId, fingerprint: metadata.fingerprint, videoId })
  if (same !== null) response.headers.set('Peekr-Same-Video-Id', same)
}

/** No Upload-Offset "unless the concatenation has been successfully finished". */
function describeJoining(upload: UploadRecord): Response {
  const response = new Response(null, { status: 200, headers: { 'peekr-video-id': upload.videoId } })
  addConcat(response, upload)
  response.headers.set('upload-length', String(upload.sizeBytes))
  return response
}

/** "The Server MUST include the Upload-Concat header" of both kinds of upload "in the response to a HEAD request". */
function addConcat(response: Response, upload: UploadRecord | null): void {
  if (upload?.kind === 'partial') response.headers.set('Upload-Concat', 'partial')
  if (upload?.kind !== 'final') return
  const addresses = (upload.parts ?? []).map((id) => `${UPLOADS_ROUTE}/${id}`)
  response.headers.set('Upload-Concat', `final;${addresses.join(' ')}`)
}

function withTusHeaders(response: Response): Response {
  const { headers } = response
  headers.set('tus-resumable', TUS_VERSION)
  headers.set('x-content-type-options', 'nosniff')
  headers.set('cache-control', 'no-store')
  if (response.status < 400) headers.set('peekr-chunk-size', String(CHUNK_SIZE_BYTES))
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
