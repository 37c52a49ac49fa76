import { z } from 'zod'
import { NewPassword } from '#lib/auth/account-schema'
import { VIDEO_STATES, VISIBILITIES } from '#lib/domain/video'
import { VIDEO_SORTS } from '#lib/domain/video-view'

// C0 and C1 controls but tab and line breaks: they show as nothing and can turn a terminal or a page around.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
const NO_CONTROLS = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$/

const text = (lengthMax: number) =>
  z
    .string()
    .max(lengthMax, `Use at most ${lengthMax} characters.`)
    .regex(NO_CONTROLS, 'Remove the control characters.')

/** What an owner may change of a video; everything else in the body is refused. */
export const VideoChanges = z
  .strictObject({
    title: text(200).trim().min(1, 'Give the video a title.'),
    description: text(10_000),
    tags: z
      .array(text(50).trim().min(1, 'A tag cannot be empty.'))
      .max(30, 'Use at most 30 tags.')
      .transform((tags) => [...new Set(tags)]),
    visibility: z.enum(VISIBILITIES),
    /** Counts while the visibility is `password`; a new one locks out whoever came in by the old one. */
    password: NewPassword,
  })
  .partial()
export type VideoChanges = z.infer<typeof VideoChanges>

/** The query string of a listing. */
export const VideoQuery = z.strictObject({
  q: z.string().trim().max(200).optional(),
  sort: z.enum(VIDEO_SORTS).default('newest'),
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(24),
  mine: z.stringbool().default(false),
  shared: z.stringbool().default(false),
  /** One's own videos made of a file with this fingerprint (docs/api.md). */
  fingerprint: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'Give a SHA-256 in hexadecimal.')
    .optional(),
  /** One's own videos whose uploaded file has this SHA-256. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'Give a SHA-256 in hexadecimal.')
    .optional(),
})

/** The query string of the administrators' listing. */
export const AdminVideoQuery = VideoQuery.omit({
  mine: true,
  shared: true,
  fingerprint: true,
  sha256: true,
}).extend({
  state: z.enum(VIDEO_STATES).optional(),
})

const RenditionSchema = z.object({
  name: z.string(),
  width: z.int(),
  height: z.int(),
  bitrateBps: z.int(),
  codecs: z.string(),
})

/** A video as the API shows it; the type is `VideoView`, this is its description for OpenAPI and tests. */
export const VideoSchema = z.object({
  id: z.string(),
  title: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  state: z.enum(VIDEO_STATES),
  playable: z.boolean(),
  progress: z.number().min(0).max(1),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  visibility: z.enum(VISIBILITIES),
  durationSeconds: z.number().nullable(),
  width: z.int().nullable(),
  height: z.int().nullable(),
  createdAt: z.iso.datetime(),
  publishedAt: z.iso.datetime().nullable(),
  owner: z.object({ id: z.string(), name: z.string() }),
  source: z.object({ filename: z.string().nullable(), sizeBytes: z.int(), sha256: z.string().nullable() }),
  playback: z
    .object({
      hls: z.string(),
      poster: z.string().nullable(),
      storyboard: z.string().nullable(),
      hover: z.string().nullable(),
      captions: z.array(z.object({ language: z.string(), label: z.string(), url: z.string() })),
    })
    .nullable(),
  renditions: z.array(RenditionSchema),
  tracks: z.object({
    sounds: z.array(z.object({ language: z.string().nullable(), label: z.string() })),
    leftOut: z.array(z.string()),
  }),
  early: z.object({ availableSeconds: z.number(), sentence: z.string().nullable() }).nullable(),
  making: z
    .object({
      availableSeconds: z.number(),
      speed: z.number().nullable(),
      secondsLeft: z.number().nullable(),
      renditions: z.array(
        z.object({
          name: z.string(),
          progress: z.number(),
          speed: z.number().nullable(),
          secondsLeft: z.number().nullable(),
        }),
      ),
    })
    .nullable(),
})

export const VideoPageSchema = z.object({ items: z.array(VideoSchema), nextCursor: z.string().nullable() })
