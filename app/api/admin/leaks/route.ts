import { z } from 'zod'
import { findLeaks } from '#lib/admin/leaks/find-leaks'
import { getConfig } from '#lib/config'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { getOwnUrl } from '#lib/http/own-address'
import { readJson } from '#lib/http/read-json'
import { requireAdmin } from '#lib/http/require-viewer'

const Body = z.strictObject({})

/** Tries to get at videos as people who may not have them. */
export const POST = apiRoute(async ({ request, viewer }) => {
  requireAdmin(viewer)
  await readJson(request, Body)
  const own = getOwnUrl()
  return jsonResponse(await findLeaks({ url: getConfig().publicUrl ?? own, insteadUrl: own, countOfEach: 1 }))
})
