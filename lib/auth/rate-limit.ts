import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { isDuplicate } from '#lib/db/is-duplicate'
import { LoginAttemptModel } from '#lib/db/models/login-attempt'
import { PeekrError } from '#lib/errors'

/** At most `max` attempts by `key` in a window of time. */
export interface AttemptLimit {
  key: string
  max: number
}

export const WINDOW_MS = 15 * 60 * 1000
/** Of one secret from one client. */
const GUESS_MAX = 10
/** Of one secret from all clients together. */
const TOTAL_MAX = 60
const ADDRESS_MAX = 30
const SETUP_MAX = 100
const KNOWN_MS = 90 * 24 * 60 * 60 * 1000

/**
 * The limits of guessing one account's password: from this client, by this client anywhere, and from all clients
 * together. The last is left out for a client that has signed in to the account before (`isKnown`), or whoever knows
 * an e-mail address could keep its owner out. They go by the address that was typed, whether or not there is such an
 * account, so that being stopped says nothing about it.
 */
export function passwordLimits(
  email: string,
  clientAddress: string,
  { isKnown = false }: { isKnown?: boolean } = {},
): AttemptLimit[] {
  return secretLimits(`account:${accountKey(email)}`, clientAddress, isKnown)
}

/** The limits of guessing the password of a video, which many people have, so that none is known. */
export function videoPasswordLimits(videoId: string, clientAddress: string): AttemptLimit[] {
  return secretLimits(`video:${videoId}`, clientAddress, false)
}

/** The limit of asking whether an account is there, for whoever shares a video with somebody. */
export function lookUpLimits(userId: string): AttemptLimit[] {
  return [{ key: `look-up:${userId}`, max: ADDRESS_MAX }]
}

/** The limits of guessing the setup code: from one address, and from all together. */
export function setupLimits(clientAddress: string): AttemptLimit[] {
  return [{ key: 'setup', max: SETUP_MAX }, ...addressLimits('setup', clientAddress, ADDRESS_MAX)]
}

/** The limit of beginning uploads, for one account. */
export function uploadLimits(userId: string, max: number): AttemptLimit[] {
  return [{ key: `upload:${userId}`, max }]
}

/** The limit of making accounts from one address, where registration is open. */
export function registerLimits(clientAddress: string): AttemptLimit[] {
  return addressLimits('register', clientAddress, GUESS_MAX)
}

/**
 * Counts an attempt against every limit before it is made, so that many at once cannot slip through together.
 * @throws too_many_attempts when one is used up, however right the attempt might be.
 */
export async function requireAttempt(limits: AttemptLimit[]): Promise<void> {
  const counts = await Promise.all(limits.map(({ key }) => countAttempt(key)))
  if (!limits.some(({ max }, index) => (counts[index] ?? 0) > max)) return
  const retryAfterSeconds = ((windowNumber() + 1) * WINDOW_MS - Date.now()) / 1000
  throw new PeekrError('too_many_attempts', { details: { retryAfterSeconds } })
}

/** Takes the attempt back, because it was right: only failures count. */
export async function forgiveAttempt(limits: AttemptLimit[]): Promise<void> {
  await Promise.all(
    limits.map(({ key }) => LoginAttemptModel.updateOne({ _id: windowId(key) }, { $inc: { count: -1 } })),
  )
}

/** Lifts the lock of an account at once, for every client; for whoever has set it a new password on the server itself. */
export async function clearAttempts(email: string): Promise<void> {
  const ofAccount = new RegExp(`^account:${RegExp.escape(accountKey(email))}`)
  await LoginAttemptModel.deleteMany({ _id: ofAccount }).setOptions({ sanitizeFilter: false })
}

/** Whether this client signed in to the account within 90 days. */
export async function isKnownClient(email: string, clientAddress: string): Promise<boolean> {
  const record = await LoginAttemptModel.findOne({ _id: knownId(email, clientAddress) }).lean()
  return record !== null && record.expiresAt.getTime() > Date.now()
}

/** Notes that this client signed in to the account. */
export async function rememberClient(email: string, clientAddress: string): Promise<void> {
  await LoginAttemptModel.updateOne(
    { _id: knownId(email, clientAddress) },
    { $set: { expiresAt: new Date(Date.now() + KNOWN_MS) } },
    { upsert: true },
  )
}

/**
 * The part of a client's address that one person holds: all of IPv4, the first 64 bits of IPv6, since a home gets
 * that many addresses and could use a new one for each guess. Null when the address is not known.
 */
export function addressKey(clientAddress: string): string | null {
  if (!isIPv6(clientAddress)) return /^[\d.]+$/.test(clientAddress) ? clientAddress : null
  const [head = '', tail = ''] = (clientAddress.split('%')[0] ?? '').split('::')
  const groups = head.split(':').filter(Boolean)
  const tailGroups = tail.split(':').filter(Boolean)
  const zeros = clientAddress.includes('::') ? Math.max(0, 8 - groups.length - tailGroups.length) : 0
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...tailGroups]
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

function secretLimits(key: string, clientAddress: string, isKnown: boolean): AttemptLimit[] {
  return [
    { key: `${key}:${addressKey(clientAddress) ?? 'unknown'}`, max: GUESS_MAX },
    ...addressLimits('address', clientAddress, ADDRESS_MAX),
    ...(isKnown ? [] : [{ key, max: TOTAL_MAX }]),
  ]
}

function accountKey(email: string): string {
  return digest(email.trim().toLowerCase())
}

function knownId(email: string, clientAddress: string): string {
  return `known:${accountKey(email)}:${addressKey(clientAddress) ?? 'unknown'}`
}

function addressLimits(kind: string, clientAddress: string, max: number): AttemptLimit[] {
  const key = addressKey(clientAddress)
  return key === null ? [] : [{ key: `${kind}:${key}`, max }]
}

async function countAttempt(key: string): Promise<number> {
  try {
    return await increment(key)
  } catch (error) {
    // Two upserts of a new document at once: one inserts, the other may be refused and finds it on the second try.
    if (!isDuplicate(error)) throw error
    return increment(key)
  }
}

async function increment(key: string): Promise<number> {
  const expiresAt = new Date((windowNumber() + 1) * WINDOW_MS)
  const record = await LoginAttemptModel.findOneAndUpdate(
    { _id: windowId(key) },
    { $inc: { count: 1 }, $setOnInsert: { expiresAt } },
    { upsert: true, returnDocument: 'after' },
  ).lean()
  return record.count
}

/** A window is part of the id, so that none is ever reset: a new one simply starts, and the old one expires. */
function windowId(key: string): string {
  return `${key}:${windowNumber()}`
}

function windowNumber(): number {
  return Math.floor(Date.now() / WINDOW_MS)
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
