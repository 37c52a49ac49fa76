import { z } from 'zod'
import { getConfig } from '#lib/config'
import { SettingModel } from '#lib/db/models/setting'
import { UserModel } from '#lib/db/models/user'
import type { Role } from '#lib/domain/permissions'

const bytes = z.int().min(0).max(Number.MAX_SAFE_INTEGER).nullable().optional()
const count = z.int().min(0).max(1_000_000_000).nullable().optional()

/** What may be set for a role or an account. Left out or null: what stands above it holds (role, then server). */
export const UploadLimitChanges = z.strictObject({
  sizeBytesMax: bytes,
  durationSecondsMax: count,
  videosMax: count,
  quotaBytes: bytes,
  creationsMax: count,
})
export type UploadLimitChanges = z.output<typeof UploadLimitChanges>

/** The limits by role; viewers do not upload. */
export const RoleUploadLimits = z.strictObject({
  uploader: UploadLimitChanges.optional(),
  admin: UploadLimitChanges.optional(),
})
export type RoleUploadLimits = z.output<typeof RoleUploadLimits>

/** What one account may upload. null: no limit but the server's own. */
export interface UploadLimits {
  /** Of one file. */
  sizeBytesMax: number
  durationSecondsMax: number | null
  /** Videos it may have at a time. */
  videosMax: number | null
  /** Bytes of all of them. */
  quotaBytes: number | null
  /** Uploads it may begin within a quarter of an hour, parts of parallel ones included. */
  creationsMax: number
}

/** Far more than a person begins; a script that makes thousands of empty uploads is stopped. */
const CREATIONS_MAX = 600

/**
 * The limits in force for an account: its own, else its role's, else the server's (PEEKR_MAX_UPLOAD, PEEKR_QUOTA).
 * Nobody may send a larger file than PEEKR_MAX_UPLOAD, whatever else is set.
 */
export async function getUploadLimits(userId: string): Promise<UploadLimits> {
  const [user, setting] = await Promise.all([
    UserModel.findById(userId, { role: 1, uploadLimits: 1 }).lean(),
    SettingModel.findById('uploadLimits').lean(),
  ])
  const byRole = RoleUploadLimits.catch({}).parse(setting?.value ?? {})
  return mergeUploadLimits(user?.uploadLimits ?? {}, findRoleLimits(byRole, user?.role ?? 'viewer'))
}

/** Pure: an account's own limits over its role's over the server's. */
function mergeUploadLimits(own: UploadLimitChanges, role: UploadLimitChanges): UploadLimits {
  const { uploadSizeBytesMax, quotaBytes } = getConfig()
  const pick = (name: keyof UploadLimitChanges) => own[name] ?? role[name] ?? null
  return {
    sizeBytesMax: Math.min(pick('sizeBytesMax') ?? uploadSizeBytesMax, uploadSizeBytesMax),
    durationSecondsMax: pick('durationSecondsMax'),
    videosMax: pick('videosMax'),
    quotaBytes: pick('quotaBytes') ?? (quotaBytes === 0 ? null : quotaBytes),
    creationsMax: pick('creationsMax') ?? CREATIONS_MAX,
  }
}

function findRoleLimits(limits: RoleUploadLimits, role: Role): UploadLimitChanges {
  return (role === 'viewer' ? undefined : limits[role]) ?? {}
}
