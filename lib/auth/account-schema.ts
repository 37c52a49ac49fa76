import { z } from 'zod'
import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, PASSWORD_RULE } from '#lib/auth/password'
import { UploadLimitChanges } from '#lib/auth/upload-limits'
import { ROLES, SCOPES } from '#lib/domain/permissions'

/** Lower case and trimmed, as it is stored. The pattern is a browser's own, so `admin@nas` is fine on a LAN. */
export const Email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254, 'An e-mail address has at most 254 characters.')
  .regex(z.regexes.html5Email, 'Write an e-mail address such as ana@example.org.')

/** Shown to others: no control characters, and no marks that turn the direction of what follows. */
export const DisplayName = z
  .string()
  .trim()
  .min(1, 'Write a name.')
  .max(100, 'A name has at most 100 characters.')
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]*$/u, 'A name may not contain control characters.')

export const NewPassword = z
  .string()
  .normalize('NFKC')
  .min(PASSWORD_LENGTH_MIN, PASSWORD_RULE)
  .max(PASSWORD_LENGTH_MAX, PASSWORD_RULE)

/** A password somebody claims to have; its rules are not the business of whoever guesses. */
export const GivenPassword = z.string().min(1, 'Write your password.').max(1000, 'This password is too long.')

export const SetupBody = z.strictObject({
  code: z.string().min(1, 'Write the code from the terminal.').max(64, 'This code is too long.'),
  email: Email,
  name: DisplayName,
  password: NewPassword,
})

export const RegisterBody = z.strictObject({ email: Email, name: DisplayName, password: NewPassword })

export const ProfileBody = z.strictObject({
  name: DisplayName.optional(),
  password: z.strictObject({ current: GivenPassword, next: NewPassword }).optional(),
})

export const TokenBody = z.strictObject({
  name: DisplayName,
  /** All of the account's own when left out. */
  scopes: z.array(z.enum(SCOPES)).min(1, 'Choose at least one scope.').max(SCOPES.length).optional(),
  /** Never ends when left out or null. */
  expiresInDays: z.int().min(1).max(3650).nullable().optional(),
})

export const UserBody = z.strictObject({
  email: Email,
  name: DisplayName,
  role: z.enum(ROLES),
  password: NewPassword,
})

export const UserPatchBody = z.strictObject({
  role: z.enum(ROLES).optional(),
  disabled: z.boolean().optional(),
  uploadLimits: UploadLimitChanges.optional(),
})
export type UserPatch = z.output<typeof UserPatchBody>
