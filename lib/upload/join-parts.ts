import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants, copyFile, type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { UploadModel, type UploadRecord } from '#lib/db/models/upload'
import { PeekrError } from '#lib/errors'
import { exists } from '#lib/storage/exists'
import { syncPath } from '#lib/storage/sync-tree'
import { isErrno, withStorageErrors } from '#lib/storage/to-storage-error'
import { cutFile, removeUploadFile, uploadFilePath } from '#lib/upload/upload-files'

/** The end of a file's name while it is being put together. */
export const JOINING = '.joining'

/** Extents can be shared only in whole blocks (ioctl_ficlonerange(2)); 4 KiB, or a page on machines with larger ones. */
const BLOCK_SIZE_BYTES = 65_536
const COPY_SIZE_BYTES = 4 * 1024 ** 2

interface Part {
  path: string
  sizeBytes: number
}

/**
 * Makes the file of a final upload from those of its parts, and removes them. On the disk when it returns; after a
 * crash, or a full disk, calling again goes on. For whoever holds the upload.
 *
 * On Btrfs, and when the parts meet on block boundaries, no byte is copied: `cat` hands whole files to
 * copy_file_range(2), which shares their extents (coreutils 9.1 and later; before, it copies). Elsewhere the others are
 * appended to the first one by one, each removed once it is in, so that at no time more room is needed than one part.
 * @throws disk_full
 */
export async function joinParts(final: UploadRecord): Promise<void> {
  const target = uploadFilePath(final._id)
  const parts = await findParts(final)
  await withStorageErrors(async () => {
    if (!(await exists(target))) {
      const aside = `${target}${JOINING}`
      if (await canShare(parts, aside)) await shareAll(parts, aside)
      else await appendAll(parts, aside)
      await rename(aside, target)
      await syncPath(dirname(target))
    }
  })
  for (const id of final.parts ?? []) await removeUploadFile(id)
}

async function findParts({ parts: ids = [] }: UploadRecord): Promise<Part[]> {
  const records = await UploadModel.find({ _id: { $in: ids } }, { sizeBytes: 1 })
    .setOptions({ sanitizeFilter: false })
    .lean()
  const sizes = new Map(records.map(({ _id, sizeBytes }) => [_id, sizeBytes]))
  return ids.map((id) => ({ path: uploadFilePath(id), sizeBytes: sizes.get(id) ?? 0 }))
}

/** Whether the filesystem shares extents and the parts let it; tried on the first part, which costs 3 ms. */
async function canShare(parts: Part[], aside: string): Promise<boolean> {
  const [first] = parts
  if (first === undefined || !(await exists(first.path))) return false
  if (parts.slice(0, -1).some(({ sizeBytes }) => sizeBytes % BLOCK_SIZE_BYTES !== 0)) return false
  try {
    await rm(aside, { force: true })
    await copyFile(first.path, aside, constants.COPYFILE_FICLONE_FORCE)
    return true
  } catch (error) {
    if (isErrno(error, 'EXDEV', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'ENOSYS', 'ENOTTY', 'EPERM')) return false
    throw error
  } finally {
    await rm(aside, { force: true })
  }
}

async function shareAll(parts: Part[], aside: string): Promise<void> {
  const handle = await open(aside, 'wx', 0o600)
  try {
    await runCat(
      parts.map(({ path }) => path),
      handle,
    )
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function runCat(paths: string[], target: FileHandle): Promise<void> {
  const child = spawn('/bin/cat', ['--', ...paths], {
    stdio: ['ignore', target.fd, 'pipe'],
    env: { LC_ALL: 'C' } as unknown as NodeJS.ProcessEnv, // its messages are read
  }) as ChildProcess
  let message = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    message = (message + text).slice(-1000)
  })
  const [code] = await once(child, 'close')
  if (code === 0) return
  if (/No space left|quota exceeded/i.test(message))
    throw new PeekrError('disk_full', { details: { message } })
  throw new PeekrError('storage_unavailable', { details: { message } })
}

/** The first part becomes the file. Those that are gone are in it already, as far as they are whole in it. */
async function appendAll(parts: Part[], aside: string): Promise<void> {
  const [first] = parts
  if (first !== undefined && (await exists(first.path))) await rename(first.path, aside)
  let position = first?.sizeBytes ?? 0
  const handle = await open(aside, 'r+')
  try {
    for (const { path, sizeBytes } of parts.slice(1)) {
      if (await exists(path)) {
        await appendFile(path, handle, position)
        await rm(path)
      }
      position += sizeBytes
    }
    await cutFile(handle, position)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function appendFile(path: string, target: FileHandle, start: number): Promise<void> {
  await cutFile(target, start)
  const source = await open(path, 'r')
  const buffer = Buffer.allocUnsafe(COPY_SIZE_BYTES)
  try {
    for (let position = start; ; ) {
      const { bytesRead } = await source.read(buffer, 0, buffer.length, position - start)
      if (bytesRead === 0) break
      for (let done = 0; done < bytesRead; ) {
        const { bytesWritten } = await target.write(buffer, done, bytesRead - done, position + done)
        done += bytesWritten
      }
      position += bytesRead
    }
    await target.datasync()
  } finally {
    await source.close()
  }
}
