import { emptyBin } from '#lib/catalog/bin/empty-bin'
import { BinQuery, listBin } from '#lib/catalog/bin/list-bin'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readQuery } from '#lib/http/read-query'
import { requireAdmin } from '#lib/http/require-viewer'

/** Everybody's deleted videos that can still be brought back. */
export const GET = apiRoute(async ({ request, viewer }) => {
  requireAdmin(viewer)
  return jsonResponse(await listBin('everybody', readQuery(request, BinQuery)))
})

/** Erases them all for good. */
export const DELETE = apiRoute(async ({ viewer }) => {
  requireAdmin(viewer)
  return jsonResponse({ erased: await emptyBin('everybody') })
})
