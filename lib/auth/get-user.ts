import { UserModel, type UserRecord } from '#lib/db/models/user'
import { PeekrError } from '#lib/errors'

/** The account of this id, enabled or not. @throws not_found */
export async function getUser(userId: string): Promise<UserRecord> {
  return requireFound(await UserModel.findById(userId).lean())
}

/** The account of this address (lower case and trimmed), enabled or not. @throws not_found */
export async function getUserByEmail(email: string): Promise<UserRecord> {
  return requireFound(await UserModel.findOne({ email }).lean())
}

function requireFound(user: UserRecord | null): UserRecord {
  if (user === null) throw new PeekrError('not_found', { message: 'There is no such account.' })
  return user
}
