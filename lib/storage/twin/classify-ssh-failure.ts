import { PeekrError } from '#lib/errors'

/** What a remote command of ours ends with when what it asks for is not there. */
export const REMOTE_MISSING = 44
/** ssh's own end when it could not come to the command, ssh(1). */
const SSH_FAILED = 255

/** A sentence for each way ssh refuses; the rest is the remote command's. */
const REFUSALS: [RegExp, 'forbidden' | 'storage_unavailable', string][] = [
  [
    /Permission denied \(/,
    'forbidden',
    'refused the key. Add this user’s public key to ~/.ssh/authorized_keys there; Peekr asks for no password.',
  ],
  [
    /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/,
    'forbidden',
    'is not known, or is another machine than before. Connect once by hand with ssh, compare its fingerprint, and try again.',
  ],
  [/Could not resolve hostname/, 'storage_unavailable', 'has no address. Check its name.'],
  [
    /Connection refused|timed out|No route to host|Network is unreachable/,
    'storage_unavailable',
    'does not answer. Check that it is on, and that ssh runs there on this port.',
  ],
  [
    /Connection (?:closed|reset)|Broken pipe|closed by remote host/,
    'storage_unavailable',
    'closed the connection. Run the same command again: it goes on where it was.',
  ],
]

/** Why a call of ssh failed. `not_found` when the remote command said that something is missing. */
export function classifySshFailure({
  host,
  code,
  stderr,
}: {
  host: string
  code: number | null
  stderr: string
}): PeekrError {
  const details = { host, code, stderr }
  if (code === REMOTE_MISSING) return new PeekrError('not_found', { details })
  if (code === SSH_FAILED || code === null) {
    const [, kind, sentence] = REFUSALS.find(([pattern]) => pattern.test(stderr)) ?? []
    const said = stderr.trim().split('\n').at(-1) || 'the connection ended'
    return new PeekrError(kind ?? 'storage_unavailable', {
      message: `${host} ${sentence ?? `cannot be reached (${said}). Try it by hand with ssh.`}`,
      details,
    })
  }
  if (/No space left on device|Disk quota exceeded/.test(stderr))
    return new PeekrError('disk_full', { details })
  const said = stderr.trim().split('\n').at(-1) || `status ${code}`
  return new PeekrError('storage_unavailable', {
    message: `A command on ${host} failed: ${said}. Correct this there and try again.`,
    details,
  })
}
