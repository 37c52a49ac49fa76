import { createHash } from 'node:crypto'
import { ApiTokenModel, type ApiTokenRecord } from '#lib/db/models/api-token'
import { UserModel } from '#lib/db/models/user'
import { hasScope, type Viewer } from '#lib/domain/permissions'

/** `pk_` and 32 random bytes in base64url. */
const TOKEN_PATTERN = /^pk_[\w-]{43}$/

const LAST_USED_STEP_MS = 60_000

/** The account behind an `Authorization` header, with the token's scopes that its role still allows; else null. */
export async function findTokenViewer(authorization: string): Promise<Viewer | null> {
  const [, token = ''] = /^Bearer +(\S+) *$/i.exec(authorization) ?? []
  if (!TOKEN_PATTERN.test(token)) return null
  return toTokenViewer(await ApiTokenModel.findOne({ tokenHash: hashToken(token) }).lean())
}

/** The same for a token by its id, for what was signed in its name. */
export async function findTokenViewerById(tokenId: string): Promise<Viewer | null> {
  return toTokenViewer(await ApiTokenModel.findById(tokenId).lean())
}

async function toTokenViewer(record: ApiTokenRecord | null): Promise<Viewer | null> {
  if (record === null) return null
  if (record.expiresAt !== null && record.expiresAt.getTime() <= Date.now()) return null
  const user = await UserModel.findOne({ _id: record.userId, disabledAt: null }).lean()
  if (user === null) return null
  await noteUse(record)
  const { _id: userId, name, email, role } = user
  const credential = { kind: 'token', id: record._id, version: 0 } as const
  const viewer: Viewer = { userId, name, email, role, scopes: record.scopes, via: 'token', credential }
  return { ...viewer, scopes: record.scopes.filter((scope) => hasScope(viewer, scope)) }
}

/** What is stored of a token. It has 256 random bits, so one fast hash is enough: there is nothing to guess. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Once a minute at most: a player that asks for segments must not write to the database each time. */
async function noteUse(record: { _id: string; lastUsedAt: Date | null }): Promise<void> {
  const now = Date.now()
  if (record.lastUsedAt !== null && now - record.lastUsedAt.getTime() < LAST_USED_STEP_MS) return
  await ApiTokenModel.updateOne({ _id: record._id }, { $set: { lastUsedAt: new Date(now) } })
}
