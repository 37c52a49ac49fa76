import { askForProof, getProofView } from '#lib/catalog/proof/ask-for-proof'
import { apiRoute } from '#lib/http/api-route'
import { jsonResponse } from '#lib/http/json-response'

/** Whether the bytes of what a video plays are as published; for its owner and administrators. */
export const GET = apiRoute<{ videoId: string }>(async ({ viewer, params }) =>
  jsonResponse(await getProofView({ viewer, videoId: params.videoId })),
)

/** Has them read and compared before their turn. */
export const POST = apiRoute<{ videoId: string }>(async ({ viewer, params }) =>
  jsonResponse(await askForProof({ viewer, videoId: params.videoId }), { status: 202 }),
)
