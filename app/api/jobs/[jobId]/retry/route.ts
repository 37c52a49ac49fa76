import { getJob } from '#lib/admin/cancel-job'
import { retryVideo } from '#lib/catalog/retry-video'
import { apiRoute } from '#lib/http/api-route'
import { requireAdmin } from '#lib/http/require-viewer'

/** Starts the job's video again from the stage that can still be done. */
export const POST = apiRoute<{ jobId: string }>(async ({ viewer, params }) => {
  requireAdmin(viewer)
  const job = await getJob(params.jobId)
  await retryVideo(job.videoId)
  return new Response(null, { status: 202 })
})
