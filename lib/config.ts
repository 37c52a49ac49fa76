import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import { SEGMENT_FORMATS } from '#lib/domain/rendition'
import { PeekrError } from '#lib/errors'
import { singleton } from '#lib/singleton'

const GIB = 1024 ** 3

const list = z
  .string()
  .default('')
  .transform((text) => text.split(/[\s,]+/).filter(Boolean))

const whole = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`
  return z.coerce.number(message).int(message).min(min, message).max(max, message)
}

const bytes = (fallback: number) =>
  z
    .string()
    .regex(/^\d+(?:\.\d+)?\s*(?:[KMGT]i?B?|B)?$/i, 'must be a size such as 500M, 20G or 1T')
    .transform(parseSize)
    .default(fallback)

/** Even, for 4:2:0, and nothing a screen does not have. */
function isLadderSide(side: number): boolean {
  return Number.isInteger(side) && side % 2 === 0 && side >= 144 && side <= 4320
}

/** Every setting Peekr reads from the environment; `.env.example` lists them with the same defaults. */
const Environment = z.object({
  PORT: whole(0, 65535).default(3000),
  HOST: z.string().min(1).default('::'),
  PEEKR_URL: z.url({ protocol: /^https?$/ }).optional(),
  PEEKR_TRUSTED_PROXIES: list,
  PEEKR_DATA: z.string().min(1).default('./data'),
  MONGODB_URI: z
    .string()
    .regex(/^mongodb(?:\+srv)?:\/\//, 'must start with mongodb:// or mongodb+srv://')
    .optional(),
  PEEKR_ROLE: z.enum(['all', 'web', 'worker']).default('all'),
  PEEKR_FFMPEG: z.string().min(1).default('/usr/bin/ffmpeg'),
  PEEKR_FFPROBE: z.string().min(1).default('/usr/bin/ffprobe'),
  PEEKR_SANDBOX: z.enum(['bwrap', 'off']).default('bwrap'),
  PEEKR_SEGMENT_FORMAT: z.enum(SEGMENT_FORMATS).default('fmp4'),
  PEEKR_FRONT_DOOR: z.enum(['on', 'off']).default('on'),
  PEEKR_ENCODER: z.enum(['auto', 'nvenc', 'x264']).default('auto'),
  PEEKR_LADDER: z
    .string()
    .default('2160 1440 1080 720 480 360 240')
    .transform((text) =>
      text
        .split(/[\s,]+/)
        .filter(Boolean)
        .map(Number),
    )
    .refine((sides) => sides.length > 0 && sides.every(isLadderSide), {
      message: 'must be heights such as 1080 720 480 240: even whole numbers from 144 to 4320',
    }),
  PEEKR_QUALITY: whole(15, 35).default(23),
  PEEKR_ORIGINALS: z.enum(['remove', 'keep']).default('remove'),
  PEEKR_MAX_UPLOAD: bytes(100 * GIB),
  PEEKR_QUOTA: bytes(0),
  PEEKR_RESERVE: bytes(1 * GIB),
  PEEKR_IMPORT: z.string().min(1).optional(),
  PEEKR_IMPORT_OWNER: z.string().min(1).optional(),
  PEEKR_CACHE: bytes(GIB / 4),
  PEEKR_READERS: whole(0, 10_000_000).default(10_000),
  PEEKR_CDN_URL: z
    .url({ protocol: /^https?$/ })
    .refine((text) => !/[?#]/.test(text), 'must not have a query or a fragment')
    .optional(),
  PEEKR_X_ACCEL: z
    .string()
    .regex(
      /^\/[A-Za-z0-9/_-]*[A-Za-z0-9_-]$/,
      'must be a path such as /peekr-library, without a slash at its end',
    )
    .optional(),
  PEEKR_JOBS: whole(1, 64).default(1),
  PEEKR_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
})

export interface Config {
  port: number
  host: string
  /** The public address without a trailing slash, or null when it is whatever the request names. */
  publicUrl: string | null
  trustedProxies: string[]
  dataPath: string
  /** null means the embedded database. */
  mongodbUri: string | null
  role: 'all' | 'web' | 'worker'
  ffmpegPath: string
  ffprobePath: string
  sandbox: 'bwrap' | 'off'
  segmentFormat: (typeof SEGMENT_FORMATS)[number]
  frontDoor: boolean
  encoder: 'auto' | 'nvenc' | 'x264'
  /** The sizes and the quality of new videos. */
  ladder: { shortSides: number[]; crf: number }
  /** What becomes of the original after a verified success. */
  originals: 'remove' | 'keep'
  uploadSizeBytesMax: number
  /** Bytes one user may store; 0 is no limit. */
  quotaBytes: number
  /** Free bytes that uploads must leave on the disk. */
  reserveBytes: number
  /** A folder whose videos are taken in as they come, or null. */
  importPath: string | null
  /** The e-mail address of the account they become the videos of; null: the first administrator. */
  importOwner: string | null
  cacheSizeBytes: number
  /** People watching at once; beyond them, new ones are turned away. 0 is no limit. */
  readersMax: number
  /** What media URLs begin with, without a trailing slash; null when media comes from where pages do. */
  cdnUrl: string | null
  /** nginx's internal location of the library, when trusted proxies are to send segments themselves. */
  accelPrefix: string | null
  /** Videos encoded side by side. */
  jobsMax: number
  logLevel: string
}

/**
 * Reads settings from variables. Empty values count as unset.
 * @throws config_invalid naming every bad variable, one a line.
 */
export function parseConfig(variables: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))
  const parsed = Environment.safeParse(given)
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
    throw new PeekrError('config_invalid', {
      message: `These settings are not valid. Correct them and start again (.env.example lists all):\n${problems.join('\n')}`,
    })
  }
  const env = parsed.data
  return {
    port: env.PORT,
    host: env.HOST,
    publicUrl: env.PEEKR_URL?.replace(/\/+$/, '') ?? null,
    trustedProxies: env.PEEKR_TRUSTED_PROXIES,
    dataPath: resolve(env.PEEKR_DATA),
    mongodbUri: env.MONGODB_URI ?? null,
    role: env.PEEKR_ROLE,
    ffmpegPath: env.PEEKR_FFMPEG,
    ffprobePath: env.PEEKR_FFPROBE,
    sandbox: env.PEEKR_SANDBOX,
    segmentFormat: env.PEEKR_SEGMENT_FORMAT,
    frontDoor: env.PEEKR_FRONT_DOOR === 'on',
    encoder: env.PEEKR_ENCODER,
    ladder: { shortSides: env.PEEKR_LADDER, crf: env.PEEKR_QUALITY },
    originals: env.PEEKR_ORIGINALS,
    uploadSizeBytesMax: env.PEEKR_MAX_UPLOAD,
    quotaBytes: env.PEEKR_QUOTA,
    reserveBytes: env.PEEKR_RESERVE,
    importPath: env.PEEKR_IMPORT === undefined ? null : resolve(env.PEEKR_IMPORT),
    importOwner: env.PEEKR_IMPORT_OWNER ?? null,
    cacheSizeBytes: env.PEEKR_CACHE,
    readersMax: env.PEEKR_READERS,
    cdnUrl: env.PEEKR_CDN_URL?.replace(/\/+$/, '') ?? null,
    accelPrefix: env.PEEKR_X_ACCEL ?? null,
    jobsMax: env.PEEKR_JOBS,
    logLevel: env.PEEKR_LOG_LEVEL,
  }
}

/** The settings of this process: the environment over a `.env` file in the working folder, read once. */
export function getConfig(): Config {
  return singleton('config', () => parseConfig({ ...readEnvFile('.env'), ...process.env }))
}

/**
 * next-auth reads the environment itself. With this it takes a request's own host and scheme, which the front door
 * has put into X-Forwarded-Host and -Proto as they really are; a NEXTAUTH_URL would tie it to one address.
 */
export function setAuthEnvironment(): void {
  process.env.AUTH_TRUST_HOST = 'true'
  delete process.env.NEXTAUTH_URL
}

function readEnvFile(path: string): Record<string, string | undefined> {
  return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {}
}

/** `500M`, `20G`, `1.5T` as bytes, in powers of 1,024; whoever calls it has checked the form. */
export function parseSize(text: string): number {
  const [, amount = '0', unit = ''] = /^([\d.]+)\s*([KMGT]?)/i.exec(text) ?? []
  const power = ' KMGT'.indexOf(unit.toUpperCase() || ' ')
  return Math.round(Number(amount) * 1024 ** power)
}
