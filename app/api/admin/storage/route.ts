import { describeStorage } from '#lib/admin/describe-storage'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { requireAdmin } from '#lib/http/require-viewer'

export const GET = apiRoute(async ({ viewer }) => {
  requireAdmin(viewer)
  return jsonResponse(await describeStorage())
})
