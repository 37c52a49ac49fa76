import { requeueJob } from '#lib/admin/requeue-job'
import { apiRoute } from '#lib/http/api-route'
import { requireAdmin } from '#lib/http/require-viewer'

/** Puts a job back into the queue, and its video on its way again where it had ended with it. */
export const POST = apiRoute<{ jobId: string }>(async ({ viewer, params }) => {
  requireAdmin(viewer)
  await requeueJob(params.jobId)
  return new Response(null, { status: 202 })
})
