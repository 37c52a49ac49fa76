import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isErrno } from '#lib/storage/to-storage-error'
import { writeFileWhole } from '#lib/storage/write-file-whole'

/** Lies in the data folder under the mount: whoever sees it sees a folder over which something has to be mounted. */
export const DEVICE_MARK = '.mounted-by-uuid'

export async function writeDeviceMark(folder: string, uuid: string): Promise<void> {
  await writeFileWhole(join(folder, DEVICE_MARK), `${uuid}\n`)
}

/** The UUID of the filesystem that belongs over this folder and is not there, or null. */
export async function findMissingDevice(dataPath: string): Promise<string | null> {
  try {
    return (await readFile(join(dataPath, DEVICE_MARK), 'utf8')).trim()
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return null
    throw error
  }
}
