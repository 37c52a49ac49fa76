import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { getConfig } from '#lib/config'
import { LIBRARY_FOLDER, MANIFEST, REVISIONS_FOLDER } from '#lib/domain/media-paths'
import { singleton } from '#lib/singleton'
import { isErrno } from '#lib/storage/to-storage-error'
import type { MediaPath } from '#lib/stream/open-media-file'

/** The part of a manifest that names hashes; who signed it matters to the verification, not to an ETag. */
const Hashes = z.object({ files: z.array(z.object({ path: z.string(), sha256: z.string().min(32) })) })

type FileHashes = ReadonlyMap<string, string>

/** Entries of manifests kept in memory: a day-long video has some 100,000 files. */
const HASHES_MAX = 200_000
const MANIFEST_SIZE_BYTES_MAX = 64 * 1024 * 1024

interface KnownHashes {
  revisions: LRUCache<string, FileHashes>
  reads: Map<string, Promise<FileHashes>>
}

const known = (): KnownHashes =>
  singleton('stream-hashes', () => ({
    revisions: new LRUCache({ maxSize: HASHES_MAX, sizeCalculation: ({ size }) => size + 1 }),
    reads: new Map(),
  }))

/**
 * The SHA-256 of a published file as its revision's manifest has it, in hex; null when the manifest does not name it,
 * or there is none (yet). The manifest is read once, however many ask.
 */
export async function findFileHash({ videoId, revisionId, path }: MediaPath): Promise<string | null> {
  const { revisions, reads } = known()
  const key = `${videoId}/${revisionId}`
  const hashes = revisions.get(key)
  if (hashes !== undefined) return hashes.get(path) ?? null
  let read = reads.get(key)
  if (read === undefined) {
    read = readHashes(videoId, revisionId)
    reads.set(key, read)
    const settle = () => reads.delete(key)
    read.then((found) => {
      settle()
      // One without a manifest is asked again: it may be about to get it.
      if (found.size > 0) revisions.set(key, found)
    }, settle)
  }
  return (await read).get(path) ?? null
}

async function readHashes(videoId: string, revisionId: string): Promise<FileHashes> {
  const text = await readManifest(
    join(getConfig().dataPath, LIBRARY_FOLDER, videoId, REVISIONS_FOLDER, revisionId, MANIFEST),
  )
  const manifest = text === null ? null : Hashes.safeParse(parseJson(text)).data
  return new Map(manifest?.files.map(({ path, sha256 }) => [path, sha256]))
}

async function readManifest(path: string): Promise<string | null> {
  let handle: FileHandle
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return null
    throw error
  }
  try {
    const { size } = await handle.stat()
    return size > MANIFEST_SIZE_BYTES_MAX ? null : await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}

/** Null when it is no JSON: the verification reports that, and a file's ETag then comes from its bytes. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
