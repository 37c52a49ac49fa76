import { execFile } from 'node:child_process'
import { open, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const MIB = 1024 ** 2

/** Takes space with a file at `path` until about so much is left on its filesystem; 0 is to the last byte. Returns the path. */
export async function fillDisk(path: string, leftBytes: number): Promise<string> {
  const file = await open(path, 'w')
  try {
    const surplus = (await freeAt(path)) - leftBytes - 8 * MIB
    if (surplus > 0) await run('fallocate', ['-l', String(surplus), path]).catch(() => {}) // the rest is written
    let { size } = await file.stat()
    for (const pieceBytes of leftBytes === 0 ? [MIB, 64 * 1024, 4096] : [MIB]) {
      const piece = Buffer.alloc(pieceBytes, 7)
      while (leftBytes === 0 || (await freeAt(path)) > leftBytes) {
        try {
          size += (await file.write(piece, 0, piece.length, size)).bytesWritten
          await file.sync()
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
          break
        }
      }
    }
  } finally {
    await file.close()
  }
  return path
}

async function freeAt(path: string): Promise<number> {
  const { bsize, bavail } = await statfs(dirname(path))
  return bsize * bavail
}
