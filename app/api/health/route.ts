import { checkHealth } from '#lib/admin/check-health'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'

/** 200 when ready; 503 within 2 s when the database or the library is away. */
export const GET = apiRoute(async () => jsonResponse(await checkHealth()))
