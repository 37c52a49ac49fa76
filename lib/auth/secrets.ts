import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { getConfig } from '#lib/config'
import { SECRETS_FOLDER } from '#lib/domain/media-paths'
import { PeekrError } from '#lib/errors'
import { getLog } from '#lib/log'
import { singleton } from '#lib/singleton'
import { isErrno } from '#lib/storage/to-storage-error'

export type SecretName = 'session' | 'media' | 'manifest'

const SECRET_BYTES = 32

/**
 * The server's own key of that name: 32 random bytes, made on first use under `secrets` in the data folder and
 * kept for good. Two processes that ask at once get the same one.
 * @throws internal when the file is there but is not a key (it was edited or cut short).
 */
export function getSecret(name: SecretName): Buffer {
  return singleton(`secret:${name}`, () => {
    const path = join(secretsPath(), name)
    const secret = readOrWriteSecret(path, () => randomBytes(SECRET_BYTES))
    if (secret.length === SECRET_BYTES) return secret
    throw new PeekrError('internal', {
      message: `The key file ${name} in the secrets folder is damaged. Restore it from a backup, or delete it to get a new one.`,
      details: { path, sizeBytes: secret.length },
    })
  })
}

/** The folder of everything that must stay with the server; made by whoever writes there first. */
export function secretsPath(): string {
  return join(getConfig().dataPath, SECRETS_FOLDER)
}

/**
 * The bytes of a file only its owner may read; written from `create` when there is none yet. Of two processes that
 * write at once, the first wins and both return its bytes: link(2) refuses to replace, where rename would not.
 */
export function readOrWriteSecret(path: string, create: () => Buffer): Buffer {
  const found = readSecret(path)
  if (found !== null) return found
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  closeMode(folder, 0o700)
  const aside = `${path}.${process.pid}-${randomBytes(6).toString('hex')}`
  try {
    writeDurably(aside, create())
    linkSync(aside, path)
    syncFolder(folder)
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
  } finally {
    rmSync(aside, { force: true })
  }
  return readSecret(path) ?? readOrWriteSecret(path, create)
}

/** The bytes of a secret file, or null when there is none. Takes other accounts' access away and says so in the log. */
export function readSecret(path: string): Buffer | null {
  try {
    const bytes = readFileSync(path)
    closeMode(path, 0o600)
    return bytes
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null
    throw error
  }
}

function closeMode(path: string, mode: number): void {
  const found = statSync(path).mode & 0o777
  if ((found & ~mode) === 0) return
  chmodSync(path, mode)
  getLog('auth').warn(
    { path, mode: found.toString(8) },
    'A secret could be read by other accounts of this machine. Its mode was corrected; replace it if you do not trust them.',
  )
}

function writeDurably(path: string, bytes: Buffer): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeSync(file, bytes)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
