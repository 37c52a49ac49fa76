import { ShareLinkBody } from '#lib/catalog/access-schema'
import { createShareLink } from '#lib/catalog/share-links'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readJson } from '#lib/http/read-json'

/** The only answer that ever holds the link itself. */
export const POST = apiRoute<{ videoId: string }>(async ({ request, viewer, params }) => {
  const body = await readJson(request, ShareLinkBody)
  return jsonResponse(await createShareLink({ viewer, videoId: params.videoId, ...body }), { status: 201 })
})
