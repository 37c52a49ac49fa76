import { randomBytes } from 'node:crypto'
import { hashToken } from '#lib/auth/token-viewer'
import { ApiTokenModel, type ApiTokenRecord } from '#lib/db/models/api-token'
import { UserModel } from '#lib/db/models/user'
import { createId } from '#lib/domain/id'
import { type Scope, scopesOfRole } from '#lib/domain/permissions'
import { PeekrError } from '#lib/errors'

const DAY_MS = 24 * 60 * 60 * 1000
const TOKENS_PER_USER_MAX = 100

/** A token as its owner sees it afterwards: everything but the token itself. Times are ISO 8601. */
export interface ApiTokenView {
  id: string
  name: string
  scopes: Scope[]
  createdAt: string
  lastUsedAt: string | null
  expiresAt: string | null
}

/**
 * Makes a token for an account, with every scope of its role when `scopes` is left out. The text of the token is
 * returned this once; only its hash is stored.
 * @throws forbidden for a scope the role has not, not_found for an unknown account, conflict beyond 100 tokens.
 */
export async function createApiToken(input: {
  userId: string
  name: string
  scopes?: readonly Scope[] | undefined
  expiresInDays?: number | null | undefined
}): Promise<{ token: string; view: ApiTokenView }> {
  const { userId, name, expiresInDays = null } = input
  const user = await UserModel.findById(userId).lean()
  if (user === null) throw new PeekrError('not_found', { message: 'There is no such account.' })
  const allowed = scopesOfRole(user.role)
  const scopes = [...new Set(input.scopes ?? allowed)]
  const beyond = scopes.filter((scope) => !allowed.includes(scope))
  if (beyond.length > 0) {
    const message = `An account with the role ${user.role} cannot give a token the scope ${beyond.join(', ')}.`
    throw new PeekrError('forbidden', { message, fields: { scopes: message } })
  }
  if ((await ApiTokenModel.countDocuments({ userId })) >= TOKENS_PER_USER_MAX) {
    throw new PeekrError('conflict', {
      message: `This account has ${TOKENS_PER_USER_MAX} tokens already. Revoke one that is no longer used.`,
    })
  }
  const token = `pk_${randomBytes(32).toString('base64url')}`
  const createdAt = new Date()
  const record: ApiTokenRecord = {
    _id: createId(),
    userId,
    name,
    tokenHash: hashToken(token),
    scopes,
    createdAt,
    lastUsedAt: null,
    expiresAt: expiresInDays === null ? null : new Date(createdAt.getTime() + expiresInDays * DAY_MS),
  }
  await ApiTokenModel.create(record)
  return { token, view: presentToken(record) }
}

/** The tokens of an account, newest first. */
export async function listApiTokens(userId: string): Promise<ApiTokenView[]> {
  const records = await ApiTokenModel.find({ userId }).sort({ createdAt: -1, _id: 1 }).lean()
  return records.map(presentToken)
}

/** Ends a token of this account at once. @throws not_found when the account has no such token */
export async function revokeApiToken(userId: string, tokenId: string): Promise<void> {
  const { deletedCount } = await ApiTokenModel.deleteOne({ _id: tokenId, userId })
  if (deletedCount === 0) throw new PeekrError('not_found', { message: 'There is no such token.' })
}

function presentToken(record: ApiTokenRecord): ApiTokenView {
  return {
    id: record._id,
    name: record.name,
    scopes: record.scopes,
    createdAt: record.createdAt.toISOString(),
    lastUsedAt: record.lastUsedAt?.toISOString() ?? null,
    expiresAt: record.expiresAt?.toISOString() ?? null,
  }
}
