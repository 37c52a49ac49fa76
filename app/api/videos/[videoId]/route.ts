import { getVideo } from '#lib/catalog/get-video'
import { removeVideo } from '#lib/catalog/remove-video'
import { updateVideo } from '#lib/catalog/update-video'
import { VideoChanges } from '#lib/catalog/video-schema'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readJson } from '#lib/http/read-json'
import { buildUndoHeader } from '#lib/http/undo-header'

interface Params {
  videoId: string
}

export const GET = apiRoute<Params>(async ({ request, viewer, params }) => {
  const cookie = request.headers.get('cookie')
  return jsonResponse(await getVideo({ viewer, videoId: params.videoId, cookie }))
})

export const PATCH = apiRoute<Params>(async ({ request, viewer, params }) => {
  const changes = await readJson(request, VideoChanges)
  const { video, undo } = await updateVideo({ viewer, videoId: params.videoId, changes })
  return jsonResponse(video, { headers: buildUndoHeader(undo) })
})

/** Into the bin, where there is something to bring back; the header says until when. */
export const DELETE = apiRoute<Params>(async ({ viewer, params }) => {
  const eraseAt = await removeVideo({ viewer, videoId: params.videoId })
  const headers = eraseAt === null ? undefined : { 'peekr-erase-at': eraseAt.toISOString() }
  return new Response(null, { status: 204, headers })
})
