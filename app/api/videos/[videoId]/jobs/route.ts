import { listVideoJobs } from '#lib/catalog/list-video-jobs'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'

/** What was and is done for a video, every attempt with its reason; for its owner and administrators. */
export const GET = apiRoute<{ videoId: string }>(async ({ viewer, params }) =>
  jsonResponse(await listVideoJobs({ viewer, videoId: params.videoId })),
)
