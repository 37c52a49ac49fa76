import { createHmac } from 'node:crypto'
import { getSecret } from '#lib/auth/secrets'
import { singleton } from '#lib/singleton'

/** Names the door a request under `/stream` wants, for the leak self-test alone. */
export const DOOR_HEADER = 'x-peekr-door'

/**
 * The value of that header that has a request answered by the route handler, although the server's own door is open.
 * Both give the same answers, so it opens nothing; it is a secret because the handler costs more to ask.
 */
export function getDoorKey(): string {
  return singleton('door-key', () =>
    createHmac('sha256', getSecret('media')).update('peekr-door').digest('hex'),
  )
}
