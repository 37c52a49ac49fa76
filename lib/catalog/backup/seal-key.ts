import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'
import { PeekrError } from '#lib/errors'

/** scrypt's cost, RFC 7914: 64 MiB and about 0.2 s for each guess. */
const COST = { N: 2 ** 16, r: 8, p: 1, maxmem: 128 * 1024 ** 2 }
const SALT_BYTES = 16
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** A key that only a passphrase opens: salt, nonce, tag and AES-256-GCM of it under scrypt's result, in base64. */
export function sealKey(key: Uint8Array, passphrase: string): string {
  const [salt, nonce] = [randomBytes(SALT_BYTES), randomBytes(NONCE_BYTES)]
  const cipher = createCipheriv('aes-256-gcm', scryptSync(passphrase, salt, 32, COST), nonce)
  const sealed = Buffer.concat([cipher.update(key), cipher.final()])
  return `${Buffer.concat([salt, nonce, cipher.getAuthTag(), sealed]).toString('base64')}\n`
}

/** @throws wrong_credentials for another passphrase, or a file that was changed. */
export function openSealedKey(text: string, passphrase: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  const [salt, rest] = [bytes.subarray(0, SALT_BYTES), bytes.subarray(SALT_BYTES)]
  const nonce = rest.subarray(0, NONCE_BYTES)
  const tag = rest.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
  try {
    const decipher = createDecipheriv('aes-256-gcm', scryptSync(passphrase, salt, 32, COST), nonce)
    decipher.setAuthTag(tag)
    return Buffer.concat([decipher.update(rest.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
  } catch (cause) {
    throw new PeekrError('wrong_credentials', {
      message: 'This passphrase does not open the key of these backups. Give the one they were made with.',
      cause,
    })
  }
}
