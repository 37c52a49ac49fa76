import { PeekrError } from '#lib/errors'
import { apiRoute } from '#lib/http/api-route'

/** What is no route of the API says so as the API does. A page would come without the headers pages have. */
const answer = apiRoute<{ unknown: string[] }>(
  async () => {
    throw new PeekrError('not_found')
  },
  { database: false },
)

export { answer as DELETE, answer as GET, answer as PATCH, answer as POST, answer as PUT }
