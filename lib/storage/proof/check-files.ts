import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FileFlaw } from '#lib/domain/proof-view'
import { PeekrError } from '#lib/errors'
import type { FileEntry } from '#lib/storage/hash-folder'
import { readDirect } from '#lib/storage/proof/read-direct'
import { isErrno } from '#lib/storage/to-storage-error'

/**
 * Reads files from the disk itself and compares them with what they must be, no faster than `bytesPerSecond` (0 is no
 * limit). Changes nothing. Call it in a worker.
 * @param options.files their paths are relative to the folder.
 * @returns what is wrong with which: gone, unreadable (no copy on the disk has the right checksum), or other bytes.
 * @throws cancelled; whatever else keeps a file from being read says nothing of its bytes
 */
export async function checkFiles(options: {
  folderPath: string
  files: readonly FileEntry[]
  bytesPerSecond: number
  signal?: AbortSignal
}): Promise<FileFlaw[]> {
  const { folderPath, files, bytesPerSecond, signal } = options
  const flaws: FileFlaw[] = []
  const startedAtMs = performance.now()
  let readBytes = 0
  const pace = async (bytes: number) => {
    if (signal?.aborted) throw new PeekrError('cancelled')
    readBytes += bytes
    if (bytesPerSecond === 0) return
    const aheadMs = (readBytes / bytesPerSecond) * 1000 - (performance.now() - startedAtMs)
    if (aheadMs > 5) await sleep(aheadMs)
  }
  for (const file of files) {
    const problem = await findProblem(join(folderPath, file.path), file, pace)
    if (problem !== null) flaws.push({ path: file.path, problem })
  }
  return flaws
}

async function findProblem(
  path: string,
  expected: FileEntry,
  pace: (bytes: number) => Promise<void>,
): Promise<FileFlaw['problem'] | null> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  try {
    await readDirect(path, async (piece) => {
      hash.update(piece)
      sizeBytes += piece.length
      await pace(piece.length)
    })
  } catch (error) {
    // ELOOP: a link in the file's place.
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR')) return 'missing'
    if (isErrno(error, 'EIO', 'EUCLEAN')) return 'unreadable'
    throw error
  }
  return sizeBytes === expected.sizeBytes && hash.digest('hex') === expected.sha256 ? null : 'changed'
}
