import { cancelJob } from '#lib/admin/cancel-job'
import { apiRoute } from '#lib/http/api-route'
import { requireAdmin } from '#lib/http/require-viewer'
import { advanceVideo } from '#lib/pipeline'

export const POST = apiRoute<{ jobId: string }>(async ({ viewer, params }) => {
  requireAdmin(viewer)
  const { videoId } = await cancelJob(params.jobId)
  await advanceVideo(videoId)
  return new Response(null, { status: 204 })
})
