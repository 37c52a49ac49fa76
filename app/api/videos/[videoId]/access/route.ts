import { UnlockBody } from '#lib/catalog/access-schema'
import { unlockVideo } from '#lib/catalog/unlock-video'
import { getVideoAccess } from '#lib/catalog/video-access'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readJson } from '#lib/http/read-json'

interface Params {
  videoId: string
}

/** Who may watch, for the owner and administrators. */
export const GET = apiRoute<Params>(async ({ viewer, params }) => {
  return jsonResponse(await getVideoAccess({ viewer, videoId: params.videoId }))
})

/** Comes in by the password or a link: the video, and a cookie for the next time. */
export const POST = apiRoute<Params>(async ({ request, viewer, params, clientAddress }) => {
  const body = await readJson(request, UnlockBody)
  const { videoId } = params
  const { video, cookie } = await unlockVideo({ viewer, videoId, request, clientAddress }, body)
  return jsonResponse(video, { headers: { 'set-cookie': cookie } })
})
