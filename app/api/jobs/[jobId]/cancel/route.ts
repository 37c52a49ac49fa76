import { cancelJob } from '#lib/admin/cancel-job'
import { apiRoute } from '#lib/http/api-route'
import { requireAdmin } from '#lib/http/require-viewer'

export const POST = apiRoute<{ jobId: string }>(async ({ viewer, params }) => {
  requireAdmin(viewer)
  await cancelJob(params.jobId)
  return new Response(null, { status: 204 })
})
