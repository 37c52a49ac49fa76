import { listImports } from '#lib/admin/list-imports'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { requireAdmin } from '#lib/http/require-viewer'

export const GET = apiRoute(async ({ viewer }) => {
  requireAdmin(viewer)
  return jsonResponse(await listImports())
})
