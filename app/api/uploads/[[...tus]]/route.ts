import { connectDatabase } from '#lib/db/connect'
import { toErrorResponse } from '#lib/http/error-response'
import { requestIdFrom } from '#lib/http/request-id'
import { uploadResponse } from '#lib/upload/upload-response'

export const runtime = 'nodejs'
export const dynamic = 'force-dynamic'

/** Uploads when the front door is off. GET is missing on purpose: an upload's bytes are never handed out. */
async function answer(request: Request): Promise<Response> {
  try {
    await connectDatabase()
  } catch (error) {
    return toErrorResponse(error, requestIdFrom(request.headers.get('x-request-id')))
  }
  return uploadResponse(request)
}

export { answer as DELETE, answer as HEAD, answer as OPTIONS, answer as PATCH, answer as POST }
