import { verifyPassword } from '#lib/auth/password'
import {
  forgiveAttempt,
  isKnownClient,
  passwordLimits,
  rememberClient,
  requireAttempt,
} from '#lib/auth/rate-limit'
import { UserModel, type UserRecord } from '#lib/db/models/user'
import { PeekrError } from '#lib/errors'

/**
 * The account that this e-mail address and password open. An unknown address, a wrong password and a disabled
 * account give one and the same answer after the same time.
 * @throws wrong_credentials, too_many_attempts (from this client also for the right password, until the window is over)
 */
export async function checkPassword(input: {
  email: string
  password: string
  clientAddress: string
}): Promise<UserRecord> {
  const email = input.email.trim().toLowerCase()
  const { clientAddress } = input
  const isKnown = await isKnownClient(email, clientAddress)
  const limits = passwordLimits(email, clientAddress, { isKnown })
  await requireAttempt(limits)
  const user = await UserModel.findOne({ email }).lean()
  const right = await verifyPassword(input.password, user?.passwordHash ?? null)
  if (user === null || !right || user.disabledAt !== null) throw new PeekrError('wrong_credentials')
  await forgiveAttempt(limits)
  await rememberClient(email, clientAddress)
  return user
}
