import { deleteSnapshot, labelSnapshot, SnapshotChanges } from '#lib/catalog/snapshots/change-snapshots'
import { apiRoute } from '#lib/http/api-route'
import { readJson } from '#lib/http/read-json'

interface Params {
  videoId: string
  name: string
}

/** Names a snapshot, or takes its name away. */
export const PATCH = apiRoute<Params>(async ({ request, viewer, params }) => {
  const { label } = await readJson(request, SnapshotChanges)
  await labelSnapshot({ viewer, ...params, label })
  return new Response(null, { status: 204 })
})

export const DELETE = apiRoute<Params>(async ({ viewer, params }) => {
  await deleteSnapshot({ viewer, ...params })
  return new Response(null, { status: 204 })
})
