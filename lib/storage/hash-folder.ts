import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { hashFile } from '#lib/media/hash-file'

export interface FileEntry {
  /** Relative to the folder, with `/`. */
  path: string
  sizeBytes: number
  /** In lower-case hex. */
  sha256: string
}

/**
 * The SHA-256 of every file in a folder and below, sorted by path, so that two runs give the same list. Files still
 * being written (leading dot) and `except` are left out. Reads everything: call it in a worker.
 * @param options.onProgress gets the share of files done, 0 to 1.
 * @throws cancelled; storage_unavailable when a file cannot be read.
 */
export async function hashFolder(
  folderPath: string,
  options: { except?: readonly string[]; signal?: AbortSignal; onProgress?: (fraction: number) => void } = {},
): Promise<FileEntry[]> {
  const { except = [], signal, onProgress } = options
  const paths = (await listFiles(folderPath, '')).filter((path) => !except.includes(path)).sort(compareBytes)
  const entries: FileEntry[] = []
  for (const path of paths) {
    entries.push({ path, ...(await hashFile(join(folderPath, path), { signal })) })
    onProgress?.(entries.length / paths.length)
  }
  return entries
}

async function listFiles(root: string, folder: string): Promise<string[]> {
  const found: string[] = []
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    if (entry.name.startsWith('.')) continue
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) found.push(...(await listFiles(root, path)))
    else if (entry.isFile()) found.push(path)
  }
  return found
}

/** Independent of the machine's language, unlike `localeCompare`. */
function compareBytes(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
