import { hashPassword } from '#lib/auth/password'
import { isDuplicate } from '#lib/db/is-duplicate'
import { UserModel, type UserRecord } from '#lib/db/models/user'
import { createId } from '#lib/domain/id'
import type { Role } from '#lib/domain/permissions'
import { PeekrError } from '#lib/errors'

export interface NewUser {
  /** Lower case and trimmed, as the schema `Email` leaves it. */
  email: string
  name: string
  role: Role
  password: string
}

/**
 * Makes an account. `id` is for the first administrator, whose id is known beforehand so that it is made once.
 * @throws email_taken, conflict when the id is taken, invalid_input for a password of the wrong length.
 */
export async function createUser(user: NewUser, id = createId()): Promise<UserRecord> {
  const { email, name, role, password } = user
  const passwordHash = await hashPassword(password)
  try {
    const created = await UserModel.create({ _id: id, email, name, role, passwordHash })
    return created.toObject()
  } catch (error) {
    if (!isDuplicate(error)) throw error
    const taken = await UserModel.exists({ email })
    throw new PeekrError(taken ? 'email_taken' : 'conflict', { cause: error })
  }
}
