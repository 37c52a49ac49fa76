import { getUserByEmail } from '#lib/auth/get-user'
import { UserModel } from '#lib/db/models/user'
import { scopesOfRole, type Viewer } from '#lib/domain/permissions'
import { PeekrError } from '#lib/errors'

/**
 * Whose videos imported files become: the account of this address, or the oldest enabled administrator.
 * @throws not_found, forbidden when the account is disabled
 */
export async function getImportOwner(email: string | null): Promise<Viewer> {
  const user =
    email === null
      ? await UserModel.findOne({ role: 'admin', disabledAt: null }).sort({ createdAt: 1 }).lean()
      : await getUserByEmail(email)
  if (user === null) {
    throw new PeekrError('not_found', {
      message: 'There is no administrator yet. Make the first account, then import.',
    })
  }
  if (user.disabledAt !== null) {
    throw new PeekrError('forbidden', {
      message: `${user.email} is disabled. Enable it, or name another owner.`,
    })
  }
  const { _id: userId, name, role } = user
  return { userId, name, email: user.email, role, scopes: scopesOfRole(role), via: 'token' }
}
