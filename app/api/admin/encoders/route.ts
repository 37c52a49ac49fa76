import { listTrials } from '#lib/admin/list-trials'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { requireAdmin } from '#lib/http/require-viewer'
import { getEncoderReport, renewEncoderReport } from '#lib/jobs/encoder-report'

export const GET = apiRoute(async ({ viewer }) => {
  requireAdmin(viewer)
  return jsonResponse({ items: listTrials(await getEncoderReport()) })
})

/** Tries again, as after a new driver. */
export const POST = apiRoute(async ({ viewer }) => {
  requireAdmin(viewer)
  return jsonResponse({ items: listTrials(await renewEncoderReport()) })
})
