import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { exists } from '#lib/storage/exists'
import { readNames } from '#lib/storage/folder-names'
import { syncPath } from '#lib/storage/sync-tree'
import { isErrno, withStorageErrors } from '#lib/storage/to-storage-error'
import { VIDEOS_FOLDER } from '#lib/storage/twin/backup-format'
import type { RunPipe } from '#lib/storage/twin/run-pipe'
import type { TargetFiles } from '#lib/storage/twin/target-files'

/** A target in a folder of this machine, which need not exist yet. */
export function createLocalFiles(path: string, runPipe: RunPipe): TargetFiles {
  const at = (relative: string) => join(path, relative)
  return {
    where: path,
    localPath: path,
    readText: (relative) => withStorageErrors(() => readIfThere(at(relative))),
    writeText: (relative, text) =>
      withStorageErrors(async () => {
        await putFile({ text }, at(relative), runPipe)
      }),
    list: (relative) => withStorageErrors(() => readNames(at(relative))),
    listStateFiles: () => withStorageErrors(() => listStateFiles(at(VIDEOS_FOLDER))),
    readStateMarks: () =>
      withStorageErrors(async () => {
        const marks = (await listStateFiles(at(VIDEOS_FOLDER))).filter((name) => name.endsWith('.json'))
        const texts: string[] = []
        for (const name of marks) texts.push(await readFile(at(`${VIDEOS_FOLDER}/${name}`), 'utf8'))
        return texts.flatMap((text) => text.split('\n')).filter(Boolean)
      }),
    remove: (relative) =>
      withStorageErrors(async () => {
        await rm(at(relative), { recursive: true, force: true })
        if (await exists(dirname(at(relative)))) await syncPath(dirname(at(relative)))
      }),
    put: (from, relative, onBytes) => withStorageErrors(() => putFile(from, at(relative), runPipe, onBytes)),
    open: (relative) => ({ file: at(relative) }),
    close: async () => {},
    hash: (relative) =>
      withStorageErrors(async () => {
        if (!(await exists(at(relative)))) return null
        return (await runPipe({ from: { file: at(relative) }, to: { none: true } })).sha256
      }),
  }
}

async function putFile(
  from: Parameters<TargetFiles['put']>[0],
  path: string,
  runPipe: RunPipe,
  onBytes?: (sizeBytes: number) => void,
): Promise<{ sizeBytes: number; sha256: string }> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const partial = `${path}.partial`
  try {
    const { sizeBytes, sha256 } = await runPipe({ from, to: { file: partial } }, { onBytes })
    await rename(partial, path)
    await syncPath(dirname(path))
    return { sizeBytes, sha256 }
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null
    throw error
  }
}

async function listStateFiles(videos: string): Promise<string[]> {
  const found: string[] = []
  for (const videoId of await readNames(videos)) {
    for (const name of await readNames(join(videos, videoId))) found.push(`${videoId}/${name}`)
  }
  return found
}
