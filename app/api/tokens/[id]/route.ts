import { revokeApiToken } from '#lib/auth/api-tokens'
import { requireAccountAccess } from '#lib/auth/require-account-access'
import { apiRoute } from '#lib/http/api-route'

export const DELETE = apiRoute<{ id: string }>(async ({ viewer, params }) => {
  const { userId } = requireAccountAccess(viewer)
  await revokeApiToken(userId, params.id)
  return new Response(null, { status: 204 })
})
