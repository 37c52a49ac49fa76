import { revokeShareLink } from '#lib/catalog/share-links'
import { apiRoute } from '#lib/http/api-route'

export const DELETE = apiRoute<{ videoId: string; linkId: string }>(async ({ viewer, params }) => {
  await revokeShareLink({ viewer, ...params })
  return new Response(null, { status: 204 })
})
