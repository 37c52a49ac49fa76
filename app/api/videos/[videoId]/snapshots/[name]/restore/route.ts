import { RestoreBody, restoreSnapshot } from '#lib/catalog/snapshots/restore-snapshot'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readJson } from '#lib/http/read-json'
import { buildUndoHeader } from '#lib/http/undo-header'

/** Brings the video back to what it was in a snapshot, all of it or its details alone. */
export const POST = apiRoute<{ videoId: string; name: string }>(async ({ request, viewer, params }) => {
  const body = await readJson(request, RestoreBody)
  const { video, undo } = await restoreSnapshot({ viewer, ...params, ...body })
  return jsonResponse(video, { headers: buildUndoHeader(undo) })
})
