import { listVideos } from '#lib/catalog/list-videos'
import { VideoQuery } from '#lib/catalog/video-schema'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readQuery } from '#lib/http/read-query'
import { requireViewer } from '#lib/http/require-viewer'

/** The videos the asker may find, a page at a time. */
export const GET = apiRoute(async ({ request, viewer }) => {
  const query = readQuery(request, VideoQuery)
  if (query.mine || query.shared) requireViewer(viewer)
  return jsonResponse(await listVideos({ viewer, ...query }))
})
