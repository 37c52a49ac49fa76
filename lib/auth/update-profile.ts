import { checkPassword } from '#lib/auth/check-password'
import { getUser } from '#lib/auth/get-user'
import { hashPassword } from '#lib/auth/password'
import { UserModel, type UserRecord } from '#lib/db/models/user'
import { PeekrError } from '#lib/errors'

/**
 * Changes what an account may change of itself. A new password needs the current one and ends every session of the
 * account; whoever changed it here gets a new cookie from the caller. Tokens stay: they are seen and revoked apart.
 * @throws wrong_credentials, too_many_attempts, conflict when somebody else changed the password meanwhile, not_found
 */
export async function updateProfile(input: {
  userId: string
  name?: string | undefined
  password?: { current: string; next: string } | undefined
  clientAddress: string
}): Promise<UserRecord> {
  const { userId, name, password, clientAddress } = input
  const user = await getUser(userId)
  const changes = name === undefined ? {} : { name }
  if (password === undefined) {
    return applyChanges(await UserModel.findOneAndUpdate({ _id: userId }, { $set: changes }, AFTER).lean())
  }
  await checkCurrent(user.email, password.current, clientAddress)
  const passwordHash = await hashPassword(password.next)
  return applyChanges(
    await UserModel.findOneAndUpdate(
      // Of two changes at once the first wins, and only a session that is still good may make one.
      { _id: userId, passwordHash: user.passwordHash, sessionVersion: user.sessionVersion },
      { $set: { ...changes, passwordHash }, $inc: { sessionVersion: 1 } },
      AFTER,
    ).lean(),
  )
}

const AFTER = { returnDocument: 'after' } as const

async function checkCurrent(email: string, current: string, clientAddress: string): Promise<void> {
  try {
    await checkPassword({ email, password: current, clientAddress })
  } catch (error) {
    if (!(error instanceof PeekrError) || error.code !== 'wrong_credentials') throw error
    const message = 'The current password is wrong.'
    throw new PeekrError('wrong_credentials', {
      message,
      fields: { 'password.current': message },
      cause: error,
    })
  }
}

function applyChanges(user: UserRecord | null): UserRecord {
  if (user === null) throw new PeekrError('conflict')
  return user
}
