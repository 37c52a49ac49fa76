import { getConfig } from '#lib/config'
import { PeekrError } from '#lib/errors'
import { getLog } from '#lib/log'
import { singleton } from '#lib/singleton'
import { AdmittingCache, type Kept } from '#lib/stream/admitting-cache'
import { type EncodedForms, encodeText, isTextPath, NOT_ENCODED } from '#lib/stream/encode-text'
import { findFileHash } from '#lib/stream/find-file-hash'
import { hashOf, toEtag } from '#lib/stream/media-etag'
import { noteDamage } from '#lib/stream/note-damage'
import { type MediaPath, mediaKey, type OpenMedia, openMediaFile } from '#lib/stream/open-media-file'

/** A file in memory. */
export interface CachedMedia {
  body: Buffer
  /** The same, compressed, where that is worth it (texts). */
  encoded: EncodedForms
  /** Strong: from the file's hash alone, so it survives a copy of the library to another machine. */
  etag: string
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
 * files that find no place, and memory that was let go and not yet collected (120 MiB with a thousand readers, seen).
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
      files: new AdmittingCache(cacheSizeBytes * KEPT_SHARE),
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
    const costBytes = sizeBytes * (isText ? 2 : 1) + ENTRY_OVERHEAD_BYTES
    const reserved = sizeBytes > fileSizeBytesMax ? null : files.reserve(key, costBytes)
    // Hashing it would mean reading all of it; a file under a revision never changes, so its name says as much.
    if (reserved === null) return { sizeBytes, etag: toEtag(hash ?? hashOf(`${key} ${sizeBytes}`)) }
    try {
      const body = await readWhole(opened).catch((error: unknown) => noteDamage(media, error))
      const encoded = isText ? await encodeText(body) : NOT_ENCODED
      const kept = files.fill(reserved, { body, encoded, etag: toEtag(hash ?? hashOf(body)) })
      if (!isWanted()) files.drop(key)
      return kept
    } finally {
      files.release(reserved)
    }
  } finally {
    // Nobody needs to wait for it.
    opened.handle
      .close()
      .catch((err: unknown) => getLog('stream').warn({ err, media }, 'a file was not closed'))
  }
}

async function readWhole({ handle, sizeBytes }: OpenMedia): Promise<Buffer> {
  const body = Buffer.allocUnsafeSlow(sizeBytes)
  const { bytesRead } = await handle.read(body, 0, sizeBytes, 0)
  if (bytesRead !== sizeBytes) throw new PeekrError('internal', { details: { sizeBytes, bytesRead } })
  return body
}
