import { readSnapshotPoster } from '#lib/catalog/snapshots/read-snapshot-poster'
import { apiRoute } from '#lib/http/api-route'

/** The picture of the video as it was; for those who may change it. */
export const GET = apiRoute<{ videoId: string; name: string }>(async ({ viewer, params }) => {
  const picture = await readSnapshotPoster({ viewer, ...params })
  return new Response(new Uint8Array(picture), { headers: { 'content-type': 'image/jpeg' } })
})
