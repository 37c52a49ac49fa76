import { getUserByEmail } from '#lib/auth/get-user'
import { hashPassword } from '#lib/auth/password'
import { clearAttempts } from '#lib/auth/rate-limit'
import { UserModel, type UserRecord } from '#lib/db/models/user'

/**
 * Sets a new password for somebody who forgot it, ends all sessions and lifts the lock after wrong guesses. For the
 * command line: the caller has checked who asks.
 * @throws not_found, invalid_input
 */
export async function resetPassword(email: string, password: string): Promise<UserRecord> {
  await getUserByEmail(email)
  const passwordHash = await hashPassword(password)
  await UserModel.updateOne({ email }, { $set: { passwordHash }, $inc: { sessionVersion: 1 } })
  await clearAttempts(email)
  return getUserByEmail(email)
}
