import { getVideo, requireEditableVideo } from '#lib/catalog/get-video'
import { retryVideo } from '#lib/catalog/retry-video'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'

/** Starts a failed video again; for its owner and administrators. */
export const POST = apiRoute<{ videoId: string }>(async ({ viewer, params }) => {
  const asked = { viewer, videoId: params.videoId }
  await requireEditableVideo(asked)
  await retryVideo(params.videoId)
  return jsonResponse(await getVideo(asked), { status: 202 })
})
