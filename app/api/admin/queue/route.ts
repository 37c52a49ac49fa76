import { changeQueue, QueueChange } from '#lib/admin/pause-queue'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readJson } from '#lib/http/read-json'
import { requireAdmin } from '#lib/http/require-viewer'
import { getQueueState } from '#lib/jobs/queue-state'

export const GET = apiRoute(async ({ viewer }) => {
  requireAdmin(viewer)
  return jsonResponse(await getQueueState())
})

/** Pauses or resumes the whole queue, or one video's part of it. */
export const PATCH = apiRoute(async ({ request, viewer }) => {
  requireAdmin(viewer)
  return jsonResponse(await changeQueue(await readJson(request, QueueChange)))
})
