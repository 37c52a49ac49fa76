import type { ByteRange } from '#lib/stream/http-range'
import { matchesIfMatch, matchesIfNoneMatch } from '#lib/stream/http-range'
import type { KeptMedia } from '#lib/stream/media-cache'
import type { MediaPath } from '#lib/stream/open-media-file'

export interface StreamRequest {
  method: string
  /** The raw request target. */
  target: string
  /** A header by its lower-case name. */
  header: FindHeader
  /** The address of whoever asks, as far as trusted proxies tell. */
  client: string
  /** Whether it came through one of PEEKR_TRUSTED_PROXIES. */
  isThroughProxy: boolean
}

export type FindHeader = (name: string) => string | null

/** Bytes of a file in memory; whoever sends them for longer than a turn of the event loop holds `media`. */
export interface MemoryBody {
  bytes: Buffer
  media: KeptMedia
}

/** An answer as data, which either door writes in its own way. */
export interface StreamAnswer {
  status: number
  headers: Record<string, string>
  body: null | MemoryBody | (MediaPath & ByteRange)
}

/** Of refusals that depend on what was asked: never kept, and empty. */
export const EMPTY_REFUSAL = { 'cache-control': 'no-store', 'content-length': '0' }

/**
 * The answer when the request's preconditions already decide it, in the order of RFC 9110 §13.2.2: 412, 304, or null
 * when the file is to be sent. `headers` are those of the file.
 */
export function findConditionAnswer(
  header: FindHeader,
  etag: string,
  headers: Record<string, string>,
): StreamAnswer | null {
  if (!matchesIfMatch(header('if-match'), etag)) {
    return { status: 412, headers: { ...headers, ...EMPTY_REFUSAL }, body: null }
  }
  return matchesIfNoneMatch(header('if-none-match'), etag) ? { status: 304, headers, body: null } : null
}
