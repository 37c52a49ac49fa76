import { getSettings, SettingChanges, updateSettings } from '#lib/admin/settings'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readJson } from '#lib/http/read-json'
import { requireAdmin } from '#lib/http/require-viewer'

export const GET = apiRoute(async ({ viewer }) => {
  requireAdmin(viewer)
  return jsonResponse(await getSettings())
})

export const PATCH = apiRoute(async ({ request, viewer }) => {
  requireAdmin(viewer)
  return jsonResponse(await updateSettings(await readJson(request, SettingChanges)))
})
