import { listStorageEvents, StorageEventQuery } from '#lib/admin/list-storage-events'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readQuery } from '#lib/http/read-query'
import { requireAdmin } from '#lib/http/require-viewer'

export const GET = apiRoute(async ({ request, viewer }) => {
  requireAdmin(viewer)
  return jsonResponse(await listStorageEvents(readQuery(request, StorageEventQuery)))
})
