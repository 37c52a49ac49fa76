import { TokenBody } from '#lib/auth/account-schema'
import { createApiToken, listApiTokens } from '#lib/auth/api-tokens'
import { requireAccountAccess } from '#lib/auth/require-account-access'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readJson } from '#lib/http/read-json'

export const GET = apiRoute(async ({ viewer }) => {
  const { userId } = requireAccountAccess(viewer)
  return jsonResponse({ items: await listApiTokens(userId) })
})

/** The only answer that ever holds the token itself. */
export const POST = apiRoute(async ({ request, viewer }) => {
  const { userId } = requireAccountAccess(viewer)
  const body = await readJson(request, TokenBody)
  const { token, view } = await createApiToken({ ...body, userId })
  return jsonResponse({ ...view, token }, { status: 201 })
})
