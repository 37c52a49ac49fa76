import { openSealedKey, sealKey } from '#lib/catalog/backup/seal-key'
import { PeekrError } from '#lib/errors'
import { KEY_FILE, SEALED_KEY_FILE } from '#lib/storage/twin/backup-format'
import type { Target } from '#lib/storage/twin/open-target'

/**
 * Puts the key of the manifests beside the backups, sealed when there is a passphrase. A key that lies there already in
 * the other form is removed, and written anew only where it is not the same.
 */
export async function storeKey(
  target: Target,
  key: Buffer,
  passphrase: string | null,
): Promise<'plain' | 'sealed'> {
  const { files } = target
  if (passphrase === null) {
    if ((await files.readText(SEALED_KEY_FILE)) !== null) {
      throw new PeekrError('invalid_input', {
        message: 'The key of these backups is sealed. Give its passphrase with --passphrase-file.',
      })
    }
    const text = `${key.toString('hex')}\n`
    if ((await files.readText(KEY_FILE)) !== text) await files.writeText(KEY_FILE, text)
    return 'plain'
  }
  const sealed = await files.readText(SEALED_KEY_FILE)
  if (sealed === null || !openSealedKey(sealed, passphrase).equals(key))
    await files.writeText(SEALED_KEY_FILE, sealKey(key, passphrase))
  await files.remove(KEY_FILE)
  return 'sealed'
}

/** @throws wrong_credentials without the passphrase, or with another; output_invalid when there is no key. */
export async function readKey({ files }: Target, passphrase: string | null): Promise<Buffer> {
  const text = await files.readText(KEY_FILE)
  if (text !== null && /^[0-9a-f]{64}\n$/.test(text)) return Buffer.from(text.trim(), 'hex')
  const sealed = await files.readText(SEALED_KEY_FILE)
  if (sealed === null) {
    throw new PeekrError('output_invalid', {
      message: `The key of these backups (${KEY_FILE}) is missing or damaged, so nothing can be proved. Put it back, or use another backup.`,
    })
  }
  if (passphrase !== null) return openSealedKey(sealed, passphrase)
  throw new PeekrError('wrong_credentials', {
    message: 'The key of these backups is sealed. Give its passphrase with --passphrase-file.',
  })
}
