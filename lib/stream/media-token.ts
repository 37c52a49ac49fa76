import { createHmac, timingSafeEqual } from 'node:crypto'
import { getSecret } from '#lib/auth/secrets'

const VERSION = 1
/** What a token allows; one byte, so that downloads or shared links can be told apart later. */
const SCOPES = { watch: 1 } as const
export type MediaTokenScope = keyof typeof SCOPES

const HEAD_BYTES = 7 // version, scope, expiry in seconds as 5 bytes
/** 39 bytes are 52 base64url signs with no bits to spare, so a token has exactly one spelling. */
const TOKEN = /^[A-Za-z0-9_-]{52}$/

const LIFE_SECONDS = 6 * 60 * 60

interface TokenTarget {
  videoId: string
  revisionId: string
}

/**
 * A text that lets whoever has it read one revision of one video for 6 to 12 hours. The expiry is rounded up to a
 * multiple of 6 hours, so that a page loaded again names the same URLs and the browser's cache still serves.
 * The caller has checked that this viewer may watch. A token must never be logged.
 */
export function createMediaToken(
  target: TokenTarget,
  options: { scope?: MediaTokenScope; nowMs?: number } = {},
): string {
  const { scope = 'watch', nowMs = Date.now() } = options
  const expiresAtSeconds = Math.ceil((nowMs / 1000 + LIFE_SECONDS) / LIFE_SECONDS) * LIFE_SECONDS
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt8(VERSION, 0)
  head.writeUInt8(SCOPES[scope], 1)
  head.writeUIntBE(expiresAtSeconds, 2, 5)
  return Buffer.concat([head, sign(head, target)]).toString('base64url')
}

/**
 * What a token allows, when it is ours, for exactly this video and revision, and not expired; null otherwise.
 * Needs no database. The comparison takes the same time wherever two tokens differ.
 */
export function parseMediaToken(
  token: string,
  target: TokenTarget,
  options: { nowMs?: number } = {},
): { scope: MediaTokenScope; expiresAt: Date } | null {
  if (!TOKEN.test(token)) return null
  const bytes = Buffer.from(token, 'base64url')
  const head = bytes.subarray(0, HEAD_BYTES)
  if (!timingSafeEqual(bytes.subarray(HEAD_BYTES), sign(head, target))) return null
  if (head.readUInt8(0) !== VERSION || head.readUInt8(1) !== SCOPES.watch) return null
  const expiresAt = new Date(head.readUIntBE(2, 5) * 1000)
  return expiresAt.getTime() > (options.nowMs ?? Date.now()) ? { scope: 'watch', expiresAt } : null
}

/** The ids are of fixed length and sign set, so no two targets sign the same bytes. */
function sign(head: Buffer, { videoId, revisionId }: TokenTarget): Buffer {
  const mac = createHmac('sha256', getSecret('media'))
  return mac.update('peekr-media\0').update(head).update(`\0${videoId}\0${revisionId}`).digest()
}
