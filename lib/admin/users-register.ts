import { getSettings } from '#lib/admin/settings'
import { createUser } from '#lib/auth/create-user'
import { registerLimits, requireAttempt } from '#lib/auth/rate-limit'
import { isSetupNeeded } from '#lib/auth/setup'
import type { UserRecord } from '#lib/db/models/user'
import { PeekrError } from '#lib/errors'

/**
 * Makes a stranger's own account, where registration is open. It is a viewer's: who may use the disk is for an
 * administrator to say. Before the first administrator there is none but setup.
 * @throws forbidden while closed, too_many_attempts, email_taken
 */
export async function registerUser(input: {
  email: string
  name: string
  password: string
  clientAddress: string
}): Promise<UserRecord> {
  const { email, name, password, clientAddress } = input
  const { registration } = await getSettings()
  if (registration !== 'open' || (await isSetupNeeded())) {
    throw new PeekrError('forbidden', {
      message: 'Registration is closed here. Ask an administrator for an account.',
    })
  }
  await requireAttempt(registerLimits(clientAddress))
  return createUser({ email, name, password, role: 'viewer' })
}
