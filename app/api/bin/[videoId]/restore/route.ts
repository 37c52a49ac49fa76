import { restoreFromBin } from '#lib/catalog/bin/restore-from-bin'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'

/** Brings a deleted video back as it was; for its owner and administrators. */
export const POST = apiRoute<{ videoId: string }>(async ({ viewer, params }) => {
  return jsonResponse(await restoreFromBin({ viewer, videoId: params.videoId }))
})
