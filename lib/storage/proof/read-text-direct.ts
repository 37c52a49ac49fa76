import { readDirect } from '#lib/storage/proof/read-direct'
import { isErrno } from '#lib/storage/to-storage-error'

/** The text of a small file as the disk has it now; null when it is gone or cannot be read. */
export async function readTextDirect(path: string): Promise<string | null> {
  const pieces: Buffer[] = []
  try {
    await readDirect(path, (piece) => void pieces.push(Buffer.from(piece)))
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'EIO', 'EUCLEAN')) return null
    throw error
  }
  return Buffer.concat(pieces).toString('utf8')
}
