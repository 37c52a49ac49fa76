import { NewSnapshot, takeSnapshot } from '#lib/catalog/snapshots/change-snapshots'
import { listSnapshots, SnapshotQuery } from '#lib/catalog/snapshots/list-snapshots'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readJson } from '#lib/http/read-json'
import { readQuery } from '#lib/http/read-query'

interface Params {
  videoId: string
}

/** Every state the video was in that is kept; for its owner and administrators. */
export const GET = apiRoute<Params>(async ({ request, viewer, params }) => {
  const { videoId } = params
  return jsonResponse(await listSnapshots({ viewer, videoId, ...readQuery(request, SnapshotQuery) }))
})

/** Keeps the video as it is now. */
export const POST = apiRoute<Params>(async ({ request, viewer, params }) => {
  const { label } = await readJson(request, NewSnapshot)
  const { name } = await takeSnapshot({ viewer, videoId: params.videoId, label })
  return jsonResponse({ name }, { status: 201 })
})
