import { reencodeVideo } from '#lib/catalog/reencode-video'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { buildUndoHeader } from '#lib/http/undo-header'

/** Makes a ready video's playable version anew from its kept source; for its owner and administrators. */
export const POST = apiRoute<{ videoId: string }>(async ({ viewer, params }) => {
  const { video, undo } = await reencodeVideo({ viewer, videoId: params.videoId })
  return jsonResponse(video, { status: 202, headers: buildUndoHeader(undo) })
})
