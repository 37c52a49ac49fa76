import { listUsers, presentAdminUser, UserQuery } from '#lib/admin/users'
import { UserBody } from '#lib/auth/account-schema'
import { createUser } from '#lib/auth/create-user'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readJson } from '#lib/http/read-json'
import { requireAdmin } from '#lib/http/require-viewer'

export const GET = apiRoute(async ({ request, viewer }) => {
  requireAdmin(viewer)
  const query = UserQuery.parse(Object.fromEntries(new URL(request.url).searchParams))
  return jsonResponse(await listUsers(query))
})

export const POST = apiRoute(async ({ request, viewer }) => {
  requireAdmin(viewer)
  const user = await createUser(await readJson(request, UserBody))
  return jsonResponse(await presentAdminUser(user), { status: 201 })
})
