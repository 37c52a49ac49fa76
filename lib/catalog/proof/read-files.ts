import { getSettings } from '#lib/admin/settings'
import type { FileFlaw } from '#lib/domain/proof-view'
import { runTask } from '#lib/jobs/pool'
import type { FileEntry } from '#lib/storage/hash-folder'

/** Read at once: so much is read again after a crash, and so long a stop may take to be heard at the default rate. */
const BATCH_BYTES = 64 * 1024 ** 2
const BATCH_FILES = 200

/** Compares files with what they must be, in a worker, no faster than the settings say. @throws cancelled */
export async function readFiles(
  folderPath: string,
  files: readonly FileEntry[],
  signal: AbortSignal,
): Promise<FileFlaw[]> {
  const flaws: FileFlaw[] = []
  for (const batch of planBatches(files)) flaws.push(...(await readBatch(folderPath, batch, signal)))
  return flaws
}

/** The same for one batch. */
export async function readBatch(
  folderPath: string,
  files: readonly FileEntry[],
  signal: AbortSignal,
): Promise<FileFlaw[]> {
  const { verifyMbps } = await getSettings()
  return runTask(
    'check-files',
    { folderPath, files: [...files], bytesPerSecond: verifyMbps * 1_000_000 },
    { signal },
  )
}

/** Pure: files in their order, in runs of bounded size; each has one at least. */
export function planBatches(files: readonly FileEntry[]): FileEntry[][] {
  const batches: FileEntry[][] = []
  let sumBytes = Number.POSITIVE_INFINITY
  for (const file of files) {
    const last = batches.at(-1)
    if (last === undefined || sumBytes + file.sizeBytes > BATCH_BYTES || last.length >= BATCH_FILES) {
      batches.push([file])
      sumBytes = file.sizeBytes
    } else {
      last.push(file)
      sumBytes += file.sizeBytes
    }
  }
  return batches
}
