import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { LRUCache } from 'lru-cache'
import { getConfig } from '#lib/config'
import { PeekrError } from '#lib/errors'
import { singleton } from '#lib/singleton'
import { type MediaPath, mediaKey, openMediaFile } from '#lib/stream/open-media-file'

export interface CachedMedia {
  body: Buffer
  /** The same, compressed, where that is worth it (playlists). */
  gzip: Buffer | null
  /** Strong: from the bytes alone, so it survives a copy of the library to another machine. */
  etag: string
}

/** A file too large to keep: it is read from disk in pieces, each time. */
export interface UncachedMedia {
  sizeBytes: number
  etag: string
}

const CACHED_SIZE_BYTES_MAX = 16 * 1024 * 1024
/** No single file may take more than this part of the cache. */
const CACHED_SHARE_MAX = 1 / 8
const ENTRY_OVERHEAD_BYTES = 1024

interface MediaCache {
  files: LRUCache<string, CachedMedia>
  reads: Map<string, Promise<CachedMedia | UncachedMedia>>
  fileSizeBytesMax: number
}

function cache(): MediaCache {
  return singleton('media-cache', () => {
    const { cacheSizeBytes } = getConfig()
    const maxSize = Math.max(1, cacheSizeBytes)
    return {
      files: new LRUCache({
        maxSize,
        sizeCalculation: ({ body, gzip }) => body.length + (gzip?.length ?? 0) + ENTRY_OVERHEAD_BYTES,
      }),
      reads: new Map(),
      fileSizeBytesMax: Math.min(CACHED_SIZE_BYTES_MAX, cacheSizeBytes * CACHED_SHARE_MAX),
    }
  })
}

/** A file that is in memory now, or undefined. */
export function findCachedMedia(media: MediaPath): CachedMedia | undefined {
  return cache().files.get(mediaKey(media))
}

/**
 * A file of a revision: whole, from memory, read once however many wait for it; or only its size when it is too large
 * for that (over 16 MiB, or an eighth of the cache).
 * @throws not_found
 */
export function getMedia(media: MediaPath): Promise<CachedMedia | UncachedMedia> {
  const { files, reads } = cache()
  const key = mediaKey(media)
  const known = files.get(key)
  if (known !== undefined) return Promise.resolve(known)
  const running = reads.get(key)
  if (running !== undefined) return running
  const read = readMedia(media)
  reads.set(key, read)
  const settle = (loaded?: CachedMedia | UncachedMedia) => {
    // Not when it was dropped in the meantime.
    if (reads.get(key) !== read) return
    reads.delete(key)
    if (loaded && isCached(loaded)) files.set(key, loaded)
  }
  read.then(settle, () => settle())
  return read
}

/** Whether a file came with its bytes. */
export function isCached(media: CachedMedia | UncachedMedia): media is CachedMedia {
  return 'body' in media
}

/** Takes every file of a video out of memory; a read under way serves those who wait and is not kept. */
export function dropCached(videoId: string): void {
  const { files, reads } = cache()
  for (const keys of [files, reads]) {
    for (const key of [...keys.keys()]) if (key.startsWith(`${videoId}/`)) keys.delete(key)
  }
}

async function readMedia(media: MediaPath): Promise<CachedMedia | UncachedMedia> {
  const { handle, sizeBytes } = await openMediaFile(media)
  try {
    if (sizeBytes > cache().fileSizeBytesMax) {
      // Hashing it would mean reading all of it. A file under a revision never changes, so its name says as much.
      return { sizeBytes, etag: toEtag(`${mediaKey(media)} ${sizeBytes}`) }
    }
    const body = Buffer.allocUnsafeSlow(sizeBytes)
    const { bytesRead } = await handle.read(body, 0, sizeBytes, 0)
    if (bytesRead !== sizeBytes)
      throw new PeekrError('internal', { details: { media, sizeBytes, bytesRead } })
    const gzip = media.path.endsWith('.m3u8') ? gzipSync(body) : null
    return { body, gzip: gzip !== null && gzip.length < body.length ? gzip : null, etag: toEtag(body) }
  } finally {
    await handle.close()
  }
}

function toEtag(content: Buffer | string): string {
  return `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`
}
