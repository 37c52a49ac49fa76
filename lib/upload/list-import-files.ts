import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { PeekrError } from '#lib/errors'
import { isErrno } from '#lib/storage/to-storage-error'

/** What cameras, recorders and programs call their videos. Anything else in a folder is left alone. */
const EXTENSIONS =
  /\.(?:mp4|m4v|mov|mkv|webm|avi|wmv|flv|f4v|mpg|mpeg|m2v|ts|mts|m2ts|vob|ogv|3gp|3g2|mxf|asf|dv|y4m|hevc|h264|h265)$/i
const FILES_MAX = 100_000

/**
 * The files to import from what a person named: files as they are, and of folders every video in them, at any depth,
 * sorted. Hidden names and symbolic links in folders are left alone. Absolute paths, each once.
 * @throws not_found for a name that is not there
 */
export async function listImportFiles(paths: string[]): Promise<string[]> {
  const found = new Set<string>()
  for (const path of paths.map((name) => resolve(name))) {
    const state = await stat(path).catch((error: unknown) => {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return null
      throw error
    })
    if (state === null) throw new PeekrError('not_found', { message: `There is no file or folder ${path}.` })
    if (state.isDirectory()) for (const file of await listVideos(path)) found.add(file)
    else found.add(path)
  }
  return [...found]
}

async function listVideos(folder: string): Promise<string[]> {
  const files: string[] = []
  const folders = [folder]
  for (let next = folders.pop(); next !== undefined && files.length < FILES_MAX; next = folders.pop()) {
    for (const entry of await readdir(next, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue
      if (entry.isDirectory()) folders.push(join(next, entry.name))
      else if (entry.isFile() && EXTENSIONS.test(entry.name)) files.push(join(next, entry.name))
    }
  }
  return files.sort()
}
