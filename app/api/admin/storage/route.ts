import { controlStorage, StorageAction } from '#lib/admin/control-storage'
import { describeStorage } from '#lib/admin/describe-storage'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readJson } from '#lib/http/read-json'
import { requireAdmin } from '#lib/http/require-viewer'

export const GET = apiRoute(async ({ viewer }) => {
  requireAdmin(viewer)
  return jsonResponse(await describeStorage())
})

/** Starts or stops a scrub, or sets the error counters back; answers how the storage is then. */
export const POST = apiRoute(async ({ request, viewer }) => {
  requireAdmin(viewer)
  await controlStorage(await readJson(request, StorageAction))
  return jsonResponse(await describeStorage())
})
