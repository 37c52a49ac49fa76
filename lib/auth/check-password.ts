import { verifyPassword } from '#lib/auth/password'
import { forgiveAttempt, passwordLimits, requireAttempt } from '#lib/auth/rate-limit'
import { UserModel, type UserRecord } from '#lib/db/models/user'
import { PeekrError } from '#lib/errors'

/**
 * The account that this e-mail address and password open. An unknown address, a wrong password and a disabled
 * account give one and the same answer after the same time.
 * @throws wrong_credentials, too_many_attempts (also for the right password, until the window is over)
 */
export async function checkPassword(input: {
  email: string
  password: string
  clientAddress: string
}): Promise<UserRecord> {
  const email = input.email.trim().toLowerCase()
  const limits = passwordLimits(email, input.clientAddress)
  await requireAttempt(limits)
  const user = await UserModel.findOne({ email }).lean()
  const right = await verifyPassword(input.password, user?.passwordHash ?? null)
  if (user === null || !right || user.disabledAt !== null) throw new PeekrError('wrong_credentials')
  await forgiveAttempt(limits)
  return user
}
