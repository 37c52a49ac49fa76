import { z } from 'zod'
import { presentUser, type UserView } from '#lib/auth/present-user'
import type { UploadLimitChanges } from '#lib/auth/upload-limits'
import { UserModel, type UserRecord } from '#lib/db/models/user'
import { VideoModel } from '#lib/db/models/video'
import { PeekrError } from '#lib/errors'

/** The query string of the listing. */
export const UserQuery = z.strictObject({
  q: z.string().trim().max(200).optional(),
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
})

export interface AdminUserView extends UserView {
  videoCount: number
  /** Bytes of the sources of this account's videos, whether or not the originals are kept. */
  usedBytes: number
  /** Its own upload limits; empty where its role's hold. */
  uploadLimits: UploadLimitChanges
}

export interface UserPage {
  items: AdminUserView[]
  nextCursor: string | null
}

/**
 * A page of all accounts by e-mail address, each with what it has stored. `q` is looked for in address and name.
 * @throws invalid_input for a cursor that is not one of ours
 */
export async function listUsers(query: { q?: string; cursor?: string; limit?: number }): Promise<UserPage> {
  const { q = '', cursor, limit = 50 } = query
  const pattern = new RegExp(RegExp.escape(q.replaceAll('\0', '')), 'i') // BSON knows no NUL in a pattern
  const conditions: Record<string, unknown>[] = []
  if (q !== '') conditions.push({ $or: [{ email: pattern }, { name: pattern }] })
  if (cursor !== undefined) conditions.push({ email: { $gt: parseCursor(cursor) } })
  const records = await UserModel.find(conditions.length === 0 ? {} : { $and: conditions })
    .sort({ email: 1 })
    .limit(limit + 1)
    .setOptions({ sanitizeFilter: false })
    .lean()
  const users = records.slice(0, limit)
  const last = users.at(-1)
  return {
    items: await presentUsers(users),
    nextCursor: records.length > limit && last ? Buffer.from(last.email).toString('base64url') : null,
  }
}

/** One account with what it has stored. */
export async function presentAdminUser(user: UserRecord): Promise<AdminUserView> {
  const [view] = await presentUsers([user])
  return view ?? { ...presentUser(user), videoCount: 0, usedBytes: 0, uploadLimits: user.uploadLimits ?? {} }
}

async function presentUsers(users: UserRecord[]): Promise<AdminUserView[]> {
  const sums = await VideoModel.aggregate<{ _id: string; videoCount: number; usedBytes: number }>([
    { $match: { ownerId: { $in: users.map(({ _id }) => _id) }, deletedAt: null } },
    { $group: { _id: '$ownerId', videoCount: { $sum: 1 }, usedBytes: { $sum: '$source.sizeBytes' } } },
  ])
  const byOwner = new Map(sums.map((sum) => [sum._id, sum]))
  return users.map((user) => {
    const { videoCount = 0, usedBytes = 0 } = byOwner.get(user._id) ?? {}
    return { ...presentUser(user), videoCount, usedBytes, uploadLimits: user.uploadLimits ?? {} }
  })
}

function parseCursor(cursor: string): string {
  const email = Buffer.from(cursor, 'base64url').toString('utf8')
  if (email.includes('@')) return email
  throw new PeekrError('invalid_input', {
    message: 'This page mark is not valid. Start again from the first page.',
  })
}
