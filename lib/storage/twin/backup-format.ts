import { z } from 'zod'
import { ID_PATTERN } from '#lib/domain/id'
import { PeekrError } from '#lib/errors'

/**
 * What a backup looks like in its target, which is made to be read without Peekr as well:
 *
 *   peekr-backup.json            what this folder is (`TargetMark`)
 *   runs/{time}.json             one complete backup (`RunRecord`), written last of all: what no run names does not count
 *   videos/{videoId}/{name}      a state of a video: a subvolume, a folder, or a stream (`{name}.stream`)
 *   videos/{videoId}/{name}.json the sign that this state is whole (`StateRecord`), written after it
 *   database/{time}.sqlite       or .db.gz
 *   secrets/manifest             the key that manifests are signed with
 */
export const BACKUP_VERSION = 1
export const TARGET_MARK = 'peekr-backup.json'
export const RUNS_FOLDER = 'runs'
export const VIDEOS_FOLDER = 'videos'
export const DATABASE_COPIES_FOLDER = 'database'
export const KEY_FILE = 'secrets/manifest'
export const SEALED_KEY_FILE = 'secrets/manifest.sealed'

/** Files of `btrfs send`, subvolumes made by `btrfs receive`, or plain folders that share unchanged files by hard links. */
const TARGET_KINDS = ['streams', 'btrfs', 'files'] as const
export type TargetKind = (typeof TARGET_KINDS)[number]

const Version = z.literal(BACKUP_VERSION)
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const StateName = z.string().regex(/^(?:video|source)-[0-9TZ.-]{24}-[0-9a-f]{12}$/)
const RunName = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z$/)

const TargetMarkSchema = z.object({
  version: Version,
  format: z.literal('peekr-backup'),
  id: z.string().regex(ID_PATTERN),
  kind: z.enum(TARGET_KINDS),
  /** Says which library this is of without giving its key away. */
  library: Sha256,
})
export type TargetMark = z.infer<typeof TargetMarkSchema>

const StateRecordSchema = z.object({
  version: Version,
  videoId: z.string().regex(ID_PATTERN),
  name: StateName,
  /** The video without its source, or the source. */
  part: z.enum(['video', 'source']),
  /** The state that a stream begins from; null when it has everything. */
  parent: StateName.nullable(),
  fingerprint: Sha256,
  /** Bytes written for it. */
  sizeBytes: z.number().int().nonnegative(),
  /** Of the stream; null where the state is a folder, whose files have manifests. */
  sha256: Sha256.nullable(),
})
export type StateRecord = z.infer<typeof StateRecordSchema>

const RunRecordSchema = z.object({
  version: Version,
  name: RunName,
  states: z.array(z.object({ videoId: z.string().regex(ID_PATTERN), name: StateName })),
  database: z.object({
    file: z.string().regex(/^database\/[0-9A-Za-z.-]+$/),
    engine: z.enum(['embedded', 'mongodb']),
    sizeBytes: z.number().int().nonnegative(),
    sha256: Sha256,
  }),
  key: z.enum(['plain', 'sealed']),
})
export type RunRecord = z.infer<typeof RunRecordSchema>

export const parseTargetMark = (text: string) => parse(TargetMarkSchema, text, 'what the folder is')
export const parseStateRecord = (text: string) => parse(StateRecordSchema, text, 'a state of a video')
export const parseRunRecord = (text: string) => parse(RunRecordSchema, text, 'a backup')

/** One line, so that many can be read at once. */
export function formatRecord(record: TargetMark | StateRecord | RunRecord): string {
  return `${JSON.stringify(record)}\n`
}

/** `2026-11-23T03-30-00.000Z`: sorts by time and has no colon. */
export function buildRunName(at: Date): string {
  return at.toISOString().replaceAll(':', '-')
}

export function parseRunTime(name: string): Date {
  return new Date(name.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:'))
}

/** Where a state is, relative to the target. */
export function buildStatePath(
  kind: TargetKind,
  { videoId, name }: { videoId: string; name: string },
): string {
  return `${VIDEOS_FOLDER}/${videoId}/${name}${kind === 'streams' ? '.stream' : ''}`
}

export function buildStateMarkPath({ videoId, name }: { videoId: string; name: string }): string {
  return `${VIDEOS_FOLDER}/${videoId}/${name}.json`
}

function parse<T>(schema: z.ZodType<T>, text: string, what: string): T {
  let content: unknown = null
  try {
    content = JSON.parse(text)
  } catch (cause) {
    throw refuse(`what should describe ${what} is not JSON`, cause)
  }
  const { version } = (content ?? {}) as { version?: unknown }
  if (typeof version === 'number' && version > BACKUP_VERSION) {
    throw new PeekrError('invalid_input', {
      message: `This backup was made by a newer Peekr (version ${version} of the format; this one reads ${BACKUP_VERSION}). Update Peekr and try again.`,
    })
  }
  const parsed = schema.safeParse(content)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw refuse(`${issue?.path.join('.') || what}: ${issue?.message}`, parsed.error)
}

function refuse(problem: string, cause: unknown): PeekrError {
  return new PeekrError('output_invalid', {
    message: `A file of this backup is damaged (${problem}). Use another backup, or make a new one in an empty folder.`,
    cause,
  })
}
