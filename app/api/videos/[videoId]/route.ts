import { getVideo } from '#lib/catalog/get-video'
import { removeVideo } from '#lib/catalog/remove-video'
import { updateVideo } from '#lib/catalog/update-video'
import { VideoChanges } from '#lib/catalog/video-schema'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readJson } from '#lib/http/read-json'

interface Params {
  videoId: string
}

export const GET = apiRoute<Params>(async ({ request, viewer, params }) => {
  const cookie = request.headers.get('cookie')
  return jsonResponse(await getVideo({ viewer, videoId: params.videoId, cookie }))
})

export const PATCH = apiRoute<Params>(async ({ request, viewer, params }) => {
  const changes = await readJson(request, VideoChanges)
  return jsonResponse(await updateVideo({ viewer, videoId: params.videoId, changes }))
})

export const DELETE = apiRoute<Params>(async ({ viewer, params }) => {
  await removeVideo({ viewer, videoId: params.videoId })
  return new Response(null, { status: 204 })
})
