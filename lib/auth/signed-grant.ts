import { createHmac, timingSafeEqual } from 'node:crypto'
import { getSecret } from '#lib/auth/secrets'
import type { Grant } from '#lib/domain/grant'

const FORMAT = 2
const KINDS = { session: 1, token: 2, password: 3, link: 4 } as const
/** What it allows: media of a revision, or to come in to a video. One byte, so that others can follow. */
const SCOPES = { watch: 1, enter: 2 } as const
export type GrantScope = keyof typeof SCOPES

const ID_BYTES = 16
const HEAD_BYTES = 28 // format, scope, expiry in seconds as 5 bytes, kind, id of 16 signs, version as 4 bytes
/** 60 bytes are 80 base64url signs with no bits to spare, so a grant has exactly one spelling. */
export const SIGNED_GRANT_LENGTH = 80
const SIGNED_GRANT = /^[A-Za-z0-9_-]{80}$/

/** What a signed grant is bound to: a scope, and the ids of that which it opens (fixed length and sign set). */
export interface GrantTarget {
  scope: GrantScope
  ids: readonly string[]
}

/** A grant as a text that only this server can make, good for one target until it expires. Never log one. */
export function signGrant(grant: Grant, target: GrantTarget, expiresAtSeconds: number): string {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt8(FORMAT, 0)
  head.writeUInt8(SCOPES[target.scope], 1)
  head.writeUIntBE(expiresAtSeconds, 2, 5)
  head.writeUInt8(KINDS[grant.kind], 7)
  head.write(grant.id ?? '', 8, ID_BYTES, 'latin1')
  head.writeUInt32BE(grant.version, 8 + ID_BYTES)
  return Buffer.concat([head, computeMac(head, target)]).toString('base64url')
}

/**
 * The grant in a text, when it is ours, for exactly this target, and not expired; null otherwise. Needs no database:
 * whether what it came from still holds is for the caller to ask. Takes the same time wherever two texts differ.
 */
export function openGrant(
  text: string,
  target: GrantTarget,
  { nowMs = Date.now() }: { nowMs?: number } = {},
): { grant: Grant; expiresAt: Date } | null {
  if (!SIGNED_GRANT.test(text)) return null
  const bytes = Buffer.from(text, 'base64url')
  const head = bytes.subarray(0, HEAD_BYTES)
  if (!timingSafeEqual(bytes.subarray(HEAD_BYTES), computeMac(head, target))) return null
  if (head.readUInt8(0) !== FORMAT || head.readUInt8(1) !== SCOPES[target.scope]) return null
  const expiresAt = new Date(head.readUIntBE(2, 5) * 1000)
  const kind = (Object.keys(KINDS) as Grant['kind'][]).find((name) => KINDS[name] === head.readUInt8(7))
  if (kind === undefined || expiresAt.getTime() <= nowMs) return null
  const id = kind === 'password' ? null : head.toString('latin1', 8, 8 + ID_BYTES)
  return { grant: { kind, id, version: head.readUInt32BE(8 + ID_BYTES) }, expiresAt }
}

function computeMac(head: Buffer, { ids }: GrantTarget): Buffer {
  const mac = createHmac('sha256', getSecret('media'))
  return mac
    .update('peekr-grant\0')
    .update(head)
    .update(`\0${ids.join('\0')}`)
    .digest()
}
