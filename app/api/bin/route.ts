import { emptyBin } from '#lib/catalog/bin/empty-bin'
import { BinQuery, listBin } from '#lib/catalog/bin/list-bin'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readQuery } from '#lib/http/read-query'
import { requireScope } from '#lib/http/require-viewer'

/** One's own deleted videos that can still be brought back. */
export const GET = apiRoute(async ({ request, viewer }) => {
  const { userId } = requireScope(viewer, 'videos:read')
  return jsonResponse(await listBin({ ownerId: userId }, readQuery(request, BinQuery)))
})

/** Erases them all for good. */
export const DELETE = apiRoute(async ({ viewer }) => {
  const { userId } = requireScope(viewer, 'videos:write')
  return jsonResponse({ erased: await emptyBin({ ownerId: userId }) })
})
