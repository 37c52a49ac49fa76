import { createHmac, randomInt, timingSafeEqual } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createUser } from '#lib/auth/create-user'
import { forgiveAttempt, requireAttempt, setupLimits } from '#lib/auth/rate-limit'
import { getSecret, readOrWriteSecret, readSecret, secretsPath } from '#lib/auth/secrets'
import { UserModel, type UserRecord } from '#lib/db/models/user'
import { PeekrError } from '#lib/errors'

/** No I, L, O, 0 or 1: the code is read off a terminal and typed by hand. 31^8 is about 2^40. */
const ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'
const CODE_LENGTH = 8

/** Whether the first administrator is still to be made: true until there is any account. */
export async function isSetupNeeded(): Promise<boolean> {
  return (await UserModel.exists({})) === null
}

/** The one-time code `peekr start` prints while setup is needed, as `XXXX-XXXX`; the same after a restart. */
export async function getSetupCode(): Promise<string> {
  const code = normalizeCode(readOrWriteSecret(codePath(), createCode).toString('utf8'))
  return `${code.slice(0, 4)}-${code.slice(4)}`
}

/**
 * Makes the first administrator for whoever has the code from the terminal. Of several at once only one succeeds:
 * the account's id follows from the code, so the database refuses the second.
 * @throws setup_done, wrong_credentials (the code), too_many_attempts, invalid_input
 */
export async function completeSetup(input: {
  code: string
  email: string
  name: string
  password: string
  clientAddress: string
}): Promise<UserRecord> {
  const { code, email, name, password, clientAddress } = input
  if (!(await isSetupNeeded())) throw new PeekrError('setup_done')
  const limits = setupLimits(clientAddress)
  await requireAttempt(limits)
  if (!isCode(code)) {
    const message = 'The setup code is wrong. It is printed in the terminal where Peekr was started.'
    throw new PeekrError('wrong_credentials', { message, fields: { code: message } })
  }
  await forgiveAttempt(limits)
  const user = await createFirstAdmin({ email, name, password }, normalizeCode(code))
  await finishSetup()
  return user
}

/** Removes the code, once there is an account. Safe to call twice. */
export async function finishSetup(): Promise<void> {
  await rm(codePath(), { force: true })
}

async function createFirstAdmin(
  admin: { email: string; name: string; password: string },
  code: string,
): Promise<UserRecord> {
  const bytes = createHmac('sha256', getSecret('session')).update(`first administrator ${code}`).digest()
  const id = Array.from(bytes.subarray(0, 16), (byte) => ALPHABET.toLowerCase()[byte % 31]).join('')
  try {
    return await createUser({ ...admin, role: 'admin' }, id)
  } catch (error) {
    // Somebody was quicker, under the same address or another.
    if (await isSetupNeeded()) throw error
    throw new PeekrError('setup_done', { cause: error })
  }
}

/** Compares in constant time. Without a code file nothing is right: the code is made by whoever prints it. */
function isCode(given: string): boolean {
  const stored = readSecret(codePath())
  if (stored === null) return false
  const keyed = (text: string) =>
    createHmac('sha256', getSecret('session')).update(normalizeCode(text)).digest()
  return timingSafeEqual(keyed(given), keyed(stored.toString('utf8')))
}

function normalizeCode(code: string): string {
  return code.toUpperCase().replace(/[^A-Z0-9]/g, '')
}

function createCode(): Buffer {
  return Buffer.from(Array.from({ length: CODE_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join(''))
}

function codePath(): string {
  return join(secretsPath(), 'setup-code')
}
