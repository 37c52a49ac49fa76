import type { UserPatch } from '#lib/auth/account-schema'
import { getUser } from '#lib/auth/get-user'
import { UserModel, type UserRecord } from '#lib/db/models/user'
import { PeekrError } from '#lib/errors'

/**
 * Changes an account's limits, its role, or disables it, and with the latter ends its sessions when that changes anything. Setting what is already
 * so does nothing.
 * @throws not_found, conflict when no enabled administrator would be left
 */
export async function updateUser(userId: string, patch: UserPatch): Promise<UserRecord> {
  const before = await setUploadLimits(await getUser(userId), patch.uploadLimits)
  const role = patch.role ?? before.role
  const disabled = patch.disabled ?? before.disabledAt !== null
  if (role === before.role && disabled === (before.disabledAt !== null)) return before
  const removesAdmin = isEnabledAdmin(before) && (role !== 'admin' || disabled)
  if (removesAdmin && (await countOtherAdmins(userId)) === 0) throw lastAdmin()
  const disabledAt = disabled ? (before.disabledAt ?? new Date()) : null
  const after = await UserModel.findOneAndUpdate(
    { _id: userId, sessionVersion: before.sessionVersion },
    { $set: { role, disabledAt }, $inc: { sessionVersion: 1 } },
    { returnDocument: 'after' },
  ).lean()
  if (after === null) throw new PeekrError('conflict')
  // Two administrators who demote each other at once each saw the other. Whoever finds nobody left takes it back.
  if (removesAdmin && (await countOtherAdmins(userId)) === 0) {
    await UserModel.updateOne({ _id: userId }, { $set: { role: before.role, disabledAt: before.disabledAt } })
    throw lastAdmin()
  }
  return after
}

/** Limits are no business of an account's sessions, so they go on. null takes a limit of its own away. */
async function setUploadLimits(user: UserRecord, changes: UserPatch['uploadLimits']): Promise<UserRecord> {
  if (changes === undefined) return user
  const merged = Object.entries({ ...user.uploadLimits, ...changes })
  const uploadLimits: Record<string, number> = {}
  for (const [name, value] of merged) if (typeof value === 'number') uploadLimits[name] = value
  await UserModel.updateOne({ _id: user._id }, { $set: { uploadLimits } })
  return { ...user, uploadLimits }
}

function isEnabledAdmin(user: UserRecord): boolean {
  return user.role === 'admin' && user.disabledAt === null
}

async function countOtherAdmins(userId: string): Promise<number> {
  return UserModel.countDocuments({ _id: { $ne: userId }, role: 'admin', disabledAt: null }).setOptions({
    sanitizeFilter: false,
  })
}

function lastAdmin(): PeekrError {
  return new PeekrError('conflict', {
    message: 'This is the last administrator. Make another account an administrator first.',
  })
}
