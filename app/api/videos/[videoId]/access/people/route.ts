import { PersonBody } from '#lib/catalog/access-schema'
import { addPerson } from '#lib/catalog/video-people'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readJson } from '#lib/http/read-json'

export const POST = apiRoute<{ videoId: string }>(async ({ request, viewer, params }) => {
  const { who } = await readJson(request, PersonBody)
  return jsonResponse(await addPerson({ viewer, videoId: params.videoId, who }), { status: 201 })
})
