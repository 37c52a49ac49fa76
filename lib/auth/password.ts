import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { PeekrError } from '#lib/errors'
import { singleton } from '#lib/singleton'

export const PASSWORD_LENGTH_MIN = 8
export const PASSWORD_LENGTH_MAX = 200

/** The first choice of OWASP's password storage sheet: 46 MiB and one pass; about 40 ms here, 150 on a small machine. */
const COST = { memory: 47_104, passes: 1, parallelism: 1 } as const
const SALT_BYTES = 16
const TAG_BYTES = 32
/** Each takes a core and 46 MiB, so guessing must not start more of them than this. */
const RUNNING_MAX = 2
const WAITING_MAX = 64

const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

const runArgon2 = promisify(argon2)

/**
 * The argon2id hash of a password in PHC string form, with a salt of its own. Letters that look alike and are
 * encoded differently (NFKC) count as the same, so that the keyboard does not matter.
 * @throws invalid_input for a password of the wrong length, too_many_attempts when too many hashes wait already.
 */
export async function hashPassword(password: string): Promise<string> {
  const message = password.normalize('NFKC')
  if (!hasGoodLength(message)) {
    throw new PeekrError('invalid_input', { message: PASSWORD_RULE, fields: { password: PASSWORD_RULE } })
  }
  const salt = randomBytes(SALT_BYTES)
  const tag = await computeTag(message, { salt, ...COST, tagLength: TAG_BYTES })
  const { memory, passes, parallelism } = COST
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${encode(salt)}$${encode(tag)}`
}

/**
 * Whether the password belongs to the hash. A hash of null (there is no such account) takes the same time and is
 * never right, so that the answer's delay does not tell which accounts exist.
 * @throws internal when the stored hash is not one of ours, too_many_attempts when too many hashes wait already.
 */
export async function verifyPassword(password: string, hash: string | null): Promise<boolean> {
  const { salt, tag, ...cost } = parseHash(hash ?? NOBODYS_HASH)
  const message = password.slice(0, 2 * PASSWORD_LENGTH_MAX).normalize('NFKC')
  const computed = await computeTag(message, { salt, ...cost, tagLength: tag.length })
  return timingSafeEqual(computed, tag) && hash !== null && hasGoodLength(message)
}

export const PASSWORD_RULE = `Choose a password of ${PASSWORD_LENGTH_MIN} to ${PASSWORD_LENGTH_MAX} characters.`

/** The cost of a real one; no password leads to a tag of zeros that anybody could find. */
const NOBODYS_HASH = `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${encode(Buffer.alloc(SALT_BYTES))}$${encode(Buffer.alloc(TAG_BYTES))}`

function hasGoodLength(password: string): boolean {
  return password.length >= PASSWORD_LENGTH_MIN && password.length <= PASSWORD_LENGTH_MAX
}

interface HashInput {
  salt: Buffer
  memory: number
  passes: number
  parallelism: number
}

function parseHash(hash: string): HashInput & { tag: Buffer } {
  const [, memory, passes, parallelism, salt, tag] = PHC.exec(hash) ?? []
  if (!salt || !tag) {
    throw new PeekrError('internal', {
      message: 'The stored password of this account is damaged. Set a new one with `peekr user password`.',
    })
  }
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  }
}

function computeTag(message: string, input: HashInput & { tagLength: number }): Promise<Buffer> {
  const { salt, ...cost } = input
  const parameters: Argon2Parameters = { message, nonce: salt, ...cost }
  return inTurn(() => runArgon2('argon2id', parameters))
}

/** PHC strings use base64 without padding. */
function encode(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const gate = singleton('password-gate', () => ({ running: 0, waiting: [] as (() => void)[] }))
  if (gate.running >= RUNNING_MAX) {
    if (gate.waiting.length >= WAITING_MAX) throw new PeekrError('too_many_attempts')
    // Whoever finishes hands its place over, so `running` stays as it is.
    await new Promise<void>((resolve) => gate.waiting.push(resolve))
  } else {
    gate.running += 1
  }
  try {
    return await work()
  } finally {
    const next = gate.waiting.shift()
    if (next) next()
    else gate.running -= 1
  }
}
