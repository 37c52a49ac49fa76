import { z } from 'zod'
import { DisplayName, GivenPassword } from '#lib/auth/account-schema'
import { LINK_HOURS_MAX } from '#lib/domain/access-view'
import { VISIBILITIES } from '#lib/domain/video'

/** Somebody, by their whole e-mail address or their whole name. */
export const PersonBody = z.strictObject({
  who: z.string().trim().min(1, 'Write an e-mail address or a name.').max(254, 'This is too long.'),
})

export const ShareLinkBody = z.strictObject({
  name: DisplayName.or(z.literal('')).default(''),
  expiresInHours: z.int().min(1).max(LINK_HOURS_MAX, 'A link lasts a year at most.'),
})

/** What lets in to a video: its password, or the secret of a link to it. */
export const UnlockBody = z.union(
  [z.strictObject({ password: GivenPassword }), z.strictObject({ link: z.string().min(1).max(100) })],
  'Send either the password or the link.',
)
export type UnlockBody = z.infer<typeof UnlockBody>

const ShareLinkSchema = z.object({
  id: z.string(),
  name: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().nullable(),
})

export const NewShareLinkSchema = ShareLinkSchema.extend({ url: z.string() })

export const AccessSchema = z.object({
  visibility: z.enum(VISIBILITIES),
  people: z.array(z.object({ id: z.string(), name: z.string(), label: z.string() })),
  hasPassword: z.boolean(),
  links: z.array(ShareLinkSchema),
})
