import { createSample } from '#lib/catalog/create-sample'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { requireAdmin } from '#lib/http/require-viewer'

/** Something to try Peekr with: a clip made on the spot. */
export const POST = apiRoute(async ({ viewer }) => {
  const videoId = await createSample(requireAdmin(viewer))
  return jsonResponse({ videoId }, { status: 202 })
})
