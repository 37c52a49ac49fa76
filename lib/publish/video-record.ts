import { z } from 'zod'
import { ID_PATTERN } from '#lib/domain/id'
import { SEGMENT_FORMATS } from '#lib/domain/rendition'
import { VISIBILITIES } from '#lib/domain/video'
import { PeekrError } from '#lib/errors'

const Count = z.number().int().nonnegative()
const Known = z.number().positive().nullable()

const Label = z.object({ language: z.string().nullable(), name: z.string() })

const RevisionSchema = z.object({
  id: z.string().regex(ID_PATTERN),
  segmentFormat: z.enum(SEGMENT_FORMATS),
  renditions: z.array(
    z.object({
      name: z.string(),
      width: Count,
      height: Count,
      bitrateBps: z.number().nonnegative(),
      codecs: z.string(),
    }),
  ),
  audio: z.object({ bitrateBps: z.number().nonnegative(), codecs: z.string(), channels: Count }).nullable(),
  // Absent from before they were kept.
  tracks: z
    .object({
      main: Label.nullable(),
      sounds: z.array(Label.extend({ folder: z.string() })),
      subtitles: z.array(Label.extend({ folder: z.string() })),
      leftOut: z.array(z.string()),
    })
    .optional(),
  poster: z.boolean(),
  // Files from before there were any do not name them.
  storyboard: z.boolean().optional(),
  hover: z.boolean().optional(),
})

/** Keys this version does not know are dropped; one that is missing makes the file invalid. */
const StoredVideoSchema = z.object({
  version: z.literal(1),
  id: z.string().regex(ID_PATTERN),
  /** Tells a rebuilt database which upload this was, so that it is not made into a second video. */
  uploadId: z.string().min(1),
  title: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  visibility: z.enum(VISIBILITIES),
  owner: z.object({ id: z.string().min(1), name: z.string(), email: z.string().nullable() }),
  source: z.object({ filename: z.string(), sizeBytes: Count, sha256: z.string().nullable() }),
  durationSeconds: Known,
  width: Known,
  height: Known,
  revision: RevisionSchema,
  createdAt: z.iso.datetime(),
  publishedAt: z.iso.datetime(),
  /** When it was put into the bin, and until when it lies there; missing for any other. */
  deletedAt: z.iso.datetime().optional(),
  /** The sources it had before; missing when there were none. */
  replaced: z
    .array(
      z.object({
        uploadId: z.string().min(1),
        sizeBytes: Count,
        isKept: z.boolean(),
        fingerprint: z.string().optional(),
      }),
    )
    .optional(),
  eraseAt: z.iso.datetime().optional(),
})

/** What `video.json` holds: enough to make the video's record, and its owner's, again without the database. */
export type StoredVideo = z.infer<typeof StoredVideoSchema>

/** The facts of a published video; the database's record has them all under these names. */
export interface VideoFacts
  extends Omit<
    StoredVideo,
    'version' | 'id' | 'owner' | 'createdAt' | 'publishedAt' | 'deletedAt' | 'eraseAt'
  > {
  _id: string
  createdAt: Date
  publishedAt: Date
  deletedAt?: Date | null
  eraseAt?: Date | null
}

/** The content of `video.json`. Its owner has the e-mail address so that a rebuilt account is the same person's. */
export function buildVideoRecord(
  video: VideoFacts,
  owner: { id: string; name: string; email?: string | null },
): StoredVideo {
  return StoredVideoSchema.parse({
    ...video,
    version: 1,
    id: video._id,
    owner: { id: owner.id, name: owner.name, email: owner.email ?? null },
    createdAt: video.createdAt.toISOString(),
    publishedAt: video.publishedAt.toISOString(),
    replaced: video.replaced?.length ? video.replaced : undefined,
    deletedAt: video.deletedAt?.toISOString(),
    eraseAt: video.eraseAt?.toISOString(),
  })
}

/** As text for `Storage.writeVideoFile`, readable by a person. */
export function formatVideoRecord(record: StoredVideo): string {
  return `${JSON.stringify(record, null, 2)}\n`
}

/** @throws output_invalid saying what is wrong with the file. */
export function parseVideoRecord(text: string): StoredVideo {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (cause) {
    throw refuse('it is not JSON', cause)
  }
  const parsed = StoredVideoSchema.safeParse(content)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw refuse(`${issue?.path.join('.') || 'its content'}: ${issue?.message}`, parsed.error)
}

function refuse(problem: string, cause: unknown): PeekrError {
  return new PeekrError('output_invalid', {
    message: `This video’s video.json cannot be read (${problem}). Restore it from a snapshot or a backup.`,
    cause,
  })
}
