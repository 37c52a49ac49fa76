import { z } from 'zod'
import { ID_PATTERN } from '#lib/domain/id'
import { titleFromFilename, UPLOAD_VISIBILITIES, type Visibility } from '#lib/domain/video'
import { PeekrError } from '#lib/errors'
import { FINGERPRINT_PATTERN } from '#lib/upload/fingerprint'

export interface UploadMetadata {
  filename: string
  title: string
  visibility: Visibility
  /** What the client says the file's fingerprint is. */
  fingerprint?: string | undefined
  /** The video this file is to be the new source of. */
  replaces?: string | undefined
}

const FILENAME_LENGTH_MAX = 255
const TITLE_LENGTH_MAX = 200

/** Control signs, line separators, and the marks that make text run backwards (`exe.4pm` shown as `mp4.exe`). */
const INVISIBLE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff]/gu

const Metadata = z.object({
  filename: z.string().optional(),
  title: z.string().optional(),
  // Something else is another program's idea of one, and no reason to refuse the file.
  fingerprint: z.string().regex(FINGERPRINT_PATTERN).optional().catch(undefined),
  replaces: z.string().regex(ID_PATTERN, 'must be the id of a video').optional(),
  visibility: z.enum(UPLOAD_VISIBILITIES, 'must be public, unlisted or private').default('private'),
})

/**
 * The Upload-Metadata header (tus 1.0, "Creation"), decoded and made safe to show: no control signs, bounded lengths.
 * Keys that are not ours are ignored, since clients add their own. A missing title is made from the file name.
 * @throws bad_request when the header breaks the protocol's format; a ZodError when a value is not allowed.
 */
export function parseUploadMetadata(header: string | null): UploadMetadata {
  const given = Metadata.parse(Object.fromEntries(decodePairs(header ?? '')))
  const filename = cleanText(given.filename ?? '', FILENAME_LENGTH_MAX) || 'upload'
  const title = cleanText(given.title ?? '', TITLE_LENGTH_MAX) || titleFromFilename(filename)
  const { visibility, fingerprint, replaces } = given
  return { filename, title, visibility, ...(fingerprint && { fingerprint }), ...(replaces && { replaces }) }
}

/** One line of visible text of at most `lengthMax` UTF-16 units, never cut inside a character. */
function cleanText(text: string, lengthMax: number): string {
  const line = text.toWellFormed().normalize('NFC').replace(INVISIBLE, ' ').replace(/\s+/g, ' ').trim()
  return line.length <= lengthMax
    ? line
    : line
        .slice(0, lengthMax)
        .replace(/[\ud800-\udbff]$/, '')
        .trim()
}

function decodePairs(header: string): Map<string, string> {
  const pairs = new Map<string, string>()
  if (header.trim() === '') return pairs
  for (const pair of header.split(',')) {
    const [key = '', value = '', ...rest] = pair.trim().split(' ')
    if (!/^[!-+\--~]+$/.test(key) || rest.length > 0 || pairs.has(key)) throw invalidHeader()
    if (!/^[\w+/]*={0,2}$/.test(value) || value.includes('_') || value.length % 4 !== 0) throw invalidHeader()
    pairs.set(key, Buffer.from(value, 'base64').toString('utf8'))
  }
  return pairs
}

function invalidHeader(): PeekrError {
  return new PeekrError('bad_request', {
    message:
      'The Upload-Metadata header is not valid: send pairs of a key and a Base64 value, each key once.',
  })
}
