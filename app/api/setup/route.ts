import { SetupBody } from '#lib/auth/account-schema'
import { presentUser } from '#lib/auth/present-user'
import { createRequestCookie } from '#lib/auth/request-cookie'
import { completeSetup, isSetupNeeded } from '#lib/auth/setup'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readJson } from '#lib/http/read-json'

export const GET = apiRoute(async () => jsonResponse({ needed: await isSetupNeeded() }))

/** Makes the first administrator and signs them in. */
export const POST = apiRoute(async ({ request, clientAddress }) => {
  const body = await readJson(request, SetupBody)
  const user = await completeSetup({ ...body, clientAddress })
  const cookie = await createRequestCookie(request, user)
  return jsonResponse({ user: presentUser(user) }, { status: 201, headers: { 'set-cookie': cookie } })
})
