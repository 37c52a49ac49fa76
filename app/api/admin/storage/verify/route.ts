import { askForAllProofs } from '#lib/catalog/proof/ask-for-proof'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { requireAdmin } from '#lib/http/require-viewer'

/** Has every video read and compared with its manifest, one after the other. */
export const POST = apiRoute(async ({ viewer }) => {
  requireAdmin(viewer)
  return jsonResponse({ askedCount: await askForAllProofs() }, { status: 202 })
})
