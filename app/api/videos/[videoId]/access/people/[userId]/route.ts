import { removePerson } from '#lib/catalog/video-people'
import { apiRoute } from '#lib/http/api-route'

export const DELETE = apiRoute<{ videoId: string; userId: string }>(async ({ viewer, params }) => {
  await removePerson({ viewer, ...params })
  return new Response(null, { status: 204 })
})
