import { getConfig } from '#lib/config'
import { PeekrError } from '#lib/errors'
import { singleton } from '#lib/singleton'
import { AdmittingCache, type Kept } from '#lib/stream/admitting-cache'
import { type EncodedForms, encodeText, isTextPath, NOT_ENCODED } from '#lib/stream/encode-text'
import { findFileHash } from '#lib/stream/find-file-hash'
import { hashOf, toEtag } from '#lib/stream/media-etag'
import { noteDamage } from '#lib/stream/note-damage'
import { type MediaPath, mediaKey, type OpenMedia, openMediaFile } from '#lib/stream/open-media-file'
import { giveSlab, slabSizeBytes, takeSlab } from '#lib/stream/slab-pool'

/** A file in memory. */
export interface CachedMedia {
  body: Buffer
  /** The same, compressed, where that is worth it (texts). */
  encoded: EncodedForms
  /** Strong: from the file's hash alone, so it survives a copy of the library to another machine. */
  etag: string
  /** What `body` is the beginning of; null once others may hold on to it for as long as they like. */
  slab: Buffer<ArrayBuffer> | null
}

/** Whoever sends from it for longer than a turn of the event loop calls `holdMedia`. */
export type KeptMedia = Kept<CachedMedia>

/** A file that is not in memory: it is read from disk in pieces, each time. */
export interface UncachedMedia {
  sizeBytes: number
  etag: string
}

const CACHED_SIZE_BYTES_MAX = 16 * 1024 * 1024
/**
 * Of PEEKR_CACHE, for files that are kept. The other half is for what reading and sending take meanwhile: pieces of
 * files that find no place, slabs that wait for the next file, and what the route handler has given away.
 */
const KEPT_SHARE = 1 / 2
/** No single file may take more than this part of the cache. */
const CACHED_SHARE_MAX = 1 / 8
const ENTRY_OVERHEAD_BYTES = 1024

interface MediaCache {
  files: AdmittingCache<CachedMedia>
  reads: Map<string, Promise<KeptMedia | UncachedMedia>>
  fileSizeBytesMax: number
}

function cache(): MediaCache {
  return singleton('media-cache', () => {
    const { cacheSizeBytes } = getConfig()
    return {
      files: new AdmittingCache<CachedMedia>(cacheSizeBytes * KEPT_SHARE, ({ slab }) => {
        if (slab !== null) giveSlab(slab)
      }),
      reads: new Map(),
      fileSizeBytesMax: Math.min(CACHED_SIZE_BYTES_MAX, cacheSizeBytes * CACHED_SHARE_MAX),
    }
  })
}

/**
 * A file of a revision: whole, from memory, read once however many wait for it; or only its size when it is too large
 * for that (over 16 MiB, or an eighth of the cache) or when all memory is in use for answers under way.
 * The file of a revision that is still being made is looked at each time, and kept under the version it has then.
 * @throws not_found
 */
export function getMedia(media: MediaPath): KeptMedia | UncachedMedia | Promise<KeptMedia | UncachedMedia> {
  const { files, reads } = cache()
  const key = mediaKey(media)
  const known = media.growing ? undefined : files.get(key)
  if (known !== undefined) return known
  const running = reads.get(key)
  if (running !== undefined) return running
  const read: Promise<KeptMedia | UncachedMedia> = readMedia(media, () => reads.get(key) === read)
  reads.set(key, read)
  const settle = () => {
    if (reads.get(key) === read) reads.delete(key)
  }
  read.then(settle, settle)
  return read
}

/** Whether a file came with its bytes. */
export function isCached(media: KeptMedia | UncachedMedia): media is KeptMedia {
  return 'value' in media
}

/** Has a file's memory counted until the function it returns is called; a second call of that does nothing. */
export function holdMedia(media: KeptMedia): () => void {
  const { files } = cache()
  files.hold(media)
  let isHeld = true
  return () => {
    if (isHeld) files.release(media)
    isHeld = false
  }
}

/** Says that a file's bytes go where nobody can tell when they are done with: their memory is not used again. */
export function shareMedia({ value }: KeptMedia): void {
  value.slab = null
}

/** Takes every file of a video out of memory; a read under way serves those who wait and is not kept. */
export function dropCached(videoId: string): void {
  const { files, reads } = cache()
  for (const key of files.keys()) if (key.startsWith(`${videoId}/`)) files.drop(key)
  for (const key of reads.keys()) if (key.startsWith(`${videoId}/`)) reads.delete(key)
}

/** Bytes of all that is in memory, for whoever watches over it. */
export function countCachedBytes(): number {
  return cache().files.usedBytes
}

/** @param isWanted whether the video was not dropped since the reading began */
async function readMedia(media: MediaPath, isWanted: () => boolean): Promise<KeptMedia | UncachedMedia> {
  // Side by side: each waits for the disk.
  const hashing = media.growing ? Promise.resolve(null) : findFileHash(media)
  hashing.catch(() => {}) // it is waited for below, once the file is open
  const opened = await openMediaFile(media)
  try {
    const { sizeBytes, version } = opened
    const { files, fileSizeBytesMax } = cache()
    const key = media.growing ? `${mediaKey(media)} ${version}` : mediaKey(media)
    const known = media.growing ? files.get(key) : undefined
    if (known !== undefined) return known
    const hash = await hashing
    const isText = isTextPath(media.path)
    const costBytes = slabSizeBytes(sizeBytes) + (isText ? sizeBytes : 0) + ENTRY_OVERHEAD_BYTES
    const reserved = sizeBytes > fileSizeBytesMax ? null : files.reserve(key, costBytes)
    // Hashing it would mean reading all of it; a file under a revision never changes, so its name says as much.
    if (reserved === null) return { sizeBytes, etag: toEtag(hash ?? hashOf(`${key} ${sizeBytes}`)) }
    try {
      const slab = await readWhole(opened).catch((error: unknown) => noteDamage(media, error))
      const body = slab.subarray(0, sizeBytes)
      const encoded = isText ? await encodeText(body) : NOT_ENCODED
      const kept = files.fill(reserved, { body, encoded, etag: toEtag(hash ?? hashOf(body)), slab })
      if (!isWanted()) files.drop(key)
      return kept
    } finally {
      files.release(reserved)
    }
  } finally {
    opened.close()
  }
}

async function readWhole({ read, sizeBytes }: OpenMedia): Promise<Buffer<ArrayBuffer>> {
  const slab = takeSlab(sizeBytes)
  const bytesRead = await read(slab, sizeBytes, 0)
  if (bytesRead !== sizeBytes) throw new PeekrError('internal', { details: { sizeBytes, bytesRead } })
  return slab
}
