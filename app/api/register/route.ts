import { registerUser } from '#lib/admin/users-register'
import { RegisterBody } from '#lib/auth/account-schema'
import { presentUser } from '#lib/auth/present-user'
import { createRequestCookie } from '#lib/auth/request-cookie'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readJson } from '#lib/http/read-json'

/** Makes a viewer's account where registration is open, and signs them in. */
export const POST = apiRoute(async ({ request, clientAddress }) => {
  const body = await readJson(request, RegisterBody)
  const user = await registerUser({ ...body, clientAddress })
  const cookie = await createRequestCookie(request, user)
  return jsonResponse({ user: presentUser(user) }, { status: 201, headers: { 'set-cookie': cookie } })
})
