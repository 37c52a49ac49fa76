import { streamResponse } from '#lib/stream/stream-response'

export const dynamic = 'force-dynamic'

export {
  streamResponse as DELETE,
  streamResponse as GET,
  streamResponse as HEAD,
  streamResponse as OPTIONS,
  streamResponse as PATCH,
  streamResponse as POST,
  streamResponse as PUT,
}
