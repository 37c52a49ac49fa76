import { presentAdminUser } from '#lib/admin/users'
import { updateUser } from '#lib/admin/users-update'
import { UserPatchBody } from '#lib/auth/account-schema'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readJson } from '#lib/http/read-json'
import { requireAdmin } from '#lib/http/require-viewer'

export const PATCH = apiRoute<{ id: string }>(async ({ request, viewer, params }) => {
  requireAdmin(viewer)
  const patch = await readJson(request, UserPatchBody)
  const user = await updateUser(params.id, patch)
  return jsonResponse(await presentAdminUser(user))
})
