import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { singleton } from '#lib/singleton'
import { isErrno } from '#lib/storage/to-storage-error'

const PIECE_BYTES = 1024 ** 2
const BLOCK_BYTES = 4096
const WASM_PAGE_BYTES = 64 * 1024
const PLAIN = constants.O_RDONLY | constants.O_NOFOLLOW

/**
 * Reads a file piece by piece from the disk itself, past this machine's cache (O_DIRECT, open(2)): what was cached while
 * the disk was well says nothing of the disk. On Btrfs each block is compared with its checksum on the way, a bad one is
 * read from the mirror and repaired, and one without a good copy is EIO. A filesystem that cannot do this is read plainly.
 *
 * The kernel wants memory on a page's border, and on Btrfs goes through the cache without a word where it is not (seen
 * with Linux 6.18). A Buffer is not; the memory of WebAssembly is.
 * @param onPiece its bytes are overwritten by the next piece; it may take its time.
 * @throws what open(2) and read(2) say: ENOENT, EIO …
 */
export async function readDirect(
  path: string,
  onPiece: (piece: Uint8Array) => void | Promise<void>,
): Promise<{ isDirect: boolean }> {
  const buffer = takeBuffer()
  try {
    for (const isDirect of [true, false]) {
      const handle = await openFor(path, isDirect)
      if (handle === null) continue
      try {
        if (await readPieces(handle, buffer, isDirect, onPiece)) return { isDirect }
      } finally {
        await handle.close()
      }
    }
    return { isDirect: false }
  } finally {
    spareBuffers().push(buffer)
  }
}

/** Each takes gigabytes of addresses, if not of memory, so they are used again. */
const spareBuffers = () => singleton('storage.direct-buffers', () => [] as Uint8Array[])

function takeBuffer(): Uint8Array {
  const memory = () => new WebAssembly.Memory({ initial: PIECE_BYTES / WASM_PAGE_BYTES })
  return spareBuffers().pop() ?? new Uint8Array(memory().buffer)
}

/** null when the filesystem knows no direct reading. */
async function openFor(path: string, isDirect: boolean): Promise<FileHandle | null> {
  try {
    return await open(path, isDirect ? PLAIN | constants.O_DIRECT : PLAIN)
  } catch (error) {
    if (isDirect && isErrno(error, 'EINVAL')) return null
    throw error
  }
}

/** false when the very first read shows that this filesystem wants another alignment than a page. */
async function readPieces(
  handle: FileHandle,
  buffer: Uint8Array,
  isDirect: boolean,
  onPiece: (piece: Uint8Array) => void | Promise<void>,
): Promise<boolean> {
  for (let position = 0; ; ) {
    let bytesRead: number
    try {
      ;({ bytesRead } = await handle.read(buffer, 0, buffer.length, position))
    } catch (error) {
      if (isDirect && position === 0 && isErrno(error, 'EINVAL')) return false
      throw error
    }
    if (bytesRead === 0) return true
    await onPiece(buffer.subarray(0, bytesRead))
    position += bytesRead
    // A direct read cannot go on from an offset within a block: that must be the file's end.
    if (isDirect && position % BLOCK_BYTES !== 0) {
      const { size } = await handle.stat()
      if (position >= size) return true
      throw new Error(`The read of a file was cut short at ${position} of ${size} bytes.`)
    }
  }
}
