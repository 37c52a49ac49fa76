import { eraseFromBin } from '#lib/catalog/bin/empty-bin'
import { apiRoute } from '#lib/http/api-route'

/** Erases a deleted video for good; for its owner and administrators. */
export const DELETE = apiRoute<{ videoId: string }>(async ({ viewer, params }) => {
  await eraseFromBin({ viewer, videoId: params.videoId })
  return new Response(null, { status: 204 })
})
