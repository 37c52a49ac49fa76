import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'
import { buildOpenapi } from '#lib/openapi/build-openapi'

export const GET = apiRoute(async () => jsonResponse(buildOpenapi()), { database: false })
