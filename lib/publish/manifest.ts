import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { ID_PATTERN } from '#lib/domain/id'
import { PeekrError } from '#lib/errors'
import type { FileEntry } from '#lib/storage/hash-folder'

const Id = z.string().regex(ID_PATTERN)
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)
/** Relative, and no part of it starts with a dot: a manifest never names something outside its folder. */
const Path = z.string().regex(/^[^./\\\0][^/\\\0]*(?:\/[^./\\\0][^/\\\0]*)*$/)

/** Parsing puts the keys in this order, which is what makes the signed text the same for everybody. */
const ManifestSchema = z.object({
  version: z.literal(1),
  videoId: Id,
  revisionId: Id,
  createdAt: z.iso.datetime(),
  files: z.array(z.object({ path: Path, sizeBytes: z.number().int().nonnegative(), sha256: Sha256 })),
})
const SignedSchema = ManifestSchema.extend({
  signature: z.object({ algorithm: z.literal('hmac-sha256'), value: Sha256 }),
})

/** What `manifest.json` of a revision says: every file of it, its size and its SHA-256. */
export type Manifest = z.infer<typeof ManifestSchema>

/** @param options.files as `hashFolder` lists them; their order does not matter. */
export function buildManifest(options: {
  videoId: string
  revisionId: string
  createdAt: Date
  files: readonly FileEntry[]
}): Manifest {
  const files = [...options.files].sort((left, right) => (left.path < right.path ? -1 : 1))
  return ManifestSchema.parse({ ...options, version: 1, createdAt: options.createdAt.toISOString(), files })
}

/**
 * The text of `manifest.json`: the manifest and its HMAC-SHA-256 (RFC 2104) over the same JSON without whitespace and
 * without the signature. Anybody can check the files with `sha256sum`; only this server can say that the list is its own.
 * @param key the secret named `manifest`.
 */
export function signManifest(manifest: Manifest, key: Uint8Array): string {
  const signature = { algorithm: 'hmac-sha256', value: computeSignature(manifest, key).toString('hex') }
  return `${JSON.stringify({ ...manifest, signature }, null, 1)}\n`
}

/**
 * The manifest in the text of a `manifest.json`.
 * @throws output_invalid when it is not one, or was not signed with this key.
 */
export function verifyManifest(text: string, key: Uint8Array): Manifest {
  const signed = parseSigned(text)
  if (signed === null)
    throw refuse('This revision’s manifest is damaged. Restore the video from a snapshot or a backup.')
  const { signature, ...manifest } = signed
  if (timingSafeEqual(Buffer.from(signature.value, 'hex'), computeSignature(manifest, key))) return manifest
  throw refuse(
    'This revision’s manifest was changed or comes from another server. Restore it from a snapshot or a backup.',
  )
}

/** Paths at which the files found differ from the manifest: missing, more, or other bytes; none when all is well. */
export function compareManifest(manifest: Manifest, found: readonly FileEntry[]): string[] {
  const describe = ({ path, sizeBytes, sha256 }: FileEntry) => `${sha256} ${sizeBytes} ${path}`
  const expected = new Set(manifest.files.map(describe))
  const actual = new Set(found.map(describe))
  const wrong = [
    ...manifest.files.filter((file) => !actual.has(describe(file))),
    ...found.filter((file) => !expected.has(describe(file))),
  ]
  return [...new Set(wrong.map(({ path }) => path))].sort()
}

/** The manifest in a text, whoever signed it; null when it is not one. */
export function parseManifest(text: string): Manifest | null {
  const signed = parseSigned(text)
  if (signed === null) return null
  const { signature, ...manifest } = signed
  return manifest
}

function parseSigned(text: string): z.infer<typeof SignedSchema> | null {
  try {
    return SignedSchema.safeParse(JSON.parse(text)).data ?? null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function computeSignature(manifest: Manifest, key: Uint8Array): Buffer {
  return createHmac('sha256', key)
    .update(JSON.stringify(ManifestSchema.parse(manifest)))
    .digest()
}

function refuse(message: string): PeekrError {
  return new PeekrError('output_invalid', { message })
}
