import { ProfileBody } from '#lib/auth/account-schema'
import { getUser } from '#lib/auth/get-user'
import { presentUser } from '#lib/auth/present-user'
import { createRequestCookie } from '#lib/auth/request-cookie'
import { requireAccountAccess } from '#lib/auth/require-account-access'
import { updateProfile } from '#lib/auth/update-profile'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { readJson } from '#lib/http/read-json'
import { requireViewer } from '#lib/http/require-viewer'

export const GET = apiRoute(async ({ viewer }) => {
  const { userId, scopes } = requireViewer(viewer)
  return jsonResponse({ ...presentUser(await getUser(userId)), scopes })
})

/** A changed password ends all sessions but the one that asked, which gets a new cookie. */
export const PATCH = apiRoute(async ({ request, viewer, clientAddress }) => {
  const { userId, scopes, via } = requireAccountAccess(viewer)
  const body = await readJson(request, ProfileBody)
  const user = await updateProfile({ ...body, userId, clientAddress })
  const renews = via === 'session' && body.password !== undefined
  const headers: Record<string, string> = renews
    ? { 'set-cookie': await createRequestCookie(request, user) }
    : {}
  return jsonResponse({ ...presentUser(user), scopes }, { headers })
})
