import { listAllVideos } from '#lib/catalog/list-videos'
import { AdminVideoQuery } from '#lib/catalog/video-schema'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readQuery } from '#lib/http/read-query'
import { requireAdmin } from '#lib/http/require-viewer'

/** Every video in every state, for administrators. */
export const GET = apiRoute(async ({ request, viewer }) => {
  const admin = requireAdmin(viewer)
  return jsonResponse(await listAllVideos({ viewer: admin, ...readQuery(request, AdminVideoQuery) }))
})
