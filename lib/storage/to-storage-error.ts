import { isPeekrError, PeekrError } from '#lib/errors'

/** libuv has no name for EDQUOT, so it arrives as `UNKNOWN` with this number (Linux errno.h). */
const EDQUOT = -122

const UNAVAILABLE = new Set(['EROFS', 'EIO', 'ENODEV', 'ENXIO', 'ESTALE', 'ENOTCONN', 'ETIMEDOUT'])

/** What a failed file operation means: `disk_full`, `storage_unavailable`, or the error as it was. */
export function toStorageError(error: unknown): unknown {
  if (isPeekrError(error) || !(error instanceof Error)) return error
  const { code, errno, path, syscall } = error as NodeJS.ErrnoException
  const details = { code, path, syscall }
  if (code === 'ENOSPC' || code === 'EDQUOT' || errno === EDQUOT) {
    return new PeekrError('disk_full', { cause: error, details })
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new PeekrError('storage_unavailable', {
      message: 'Peekr may not write to its data folder. Give the user Peekr runs as ownership of it.',
      cause: error,
      details,
    })
  }
  if (code !== undefined && UNAVAILABLE.has(code)) {
    return new PeekrError('storage_unavailable', { cause: error, details })
  }
  return error
}

/** Runs `work` and lets its failures leave as `toStorageError` names them. */
export async function withStorageErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw toStorageError(error)
  }
}

/** Whether a file operation failed with one of these codes. */
export function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '')
}
