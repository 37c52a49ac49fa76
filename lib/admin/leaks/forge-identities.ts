import type { SampledVideo } from '#lib/admin/leaks/sample-videos'
import { createAccessCookie } from '#lib/auth/access-cookie'
import { createSessionCookie } from '#lib/auth/session-token'
import { UserModel, type UserRecord } from '#lib/db/models/user'
import type { Grant } from '#lib/domain/grant'
import { createId } from '#lib/domain/id'
import { PeekrError } from '#lib/errors'
import { createMediaToken } from '#lib/stream/media-token'

type Headers = Record<string, string>

/** Somebody who may not have a video: what they send, and, where they come with a token, that. */
export interface Identity {
  name: string
  headers: Headers
  token?: string
}

const HOUR_MS = 3_600_000

/** The headers of an administrator's session: whoever runs the test must see what others must not. @throws not_found */
export async function getAdminHeaders(): Promise<{ headers: Headers; grant: Grant }> {
  const admin = await UserModel.findOne({ role: 'admin', disabledAt: null }).lean()
  if (admin === null) {
    throw new PeekrError('not_found', {
      message: 'There is no administrator yet. Open Peekr and set it up first.',
    })
  }
  const grant = { kind: 'session', id: admin._id, version: admin.sessionVersion } as const
  return { headers: await sessionOf(admin), grant }
}

/**
 * Everybody who must not get at a video. Sessions are signed for accounts that exist and stay as they are; nothing is
 * stored. `missing` names those for whom this installation has no account.
 */
export async function forgeIdentities(
  video: SampledVideo,
  other: { videoId: string; revisionId: string },
  grant: Grant,
): Promise<{ identities: Identity[]; missing: string[] }> {
  const { record, revisionId } = video
  const place = { videoId: record._id, revisionId }
  const good = createMediaToken(place, grant)
  const named = record.access?.people.map(({ userId }) => userId) ?? []
  const stranger = await findUser({
    role: { $ne: 'admin' },
    disabledAt: null,
    _id: { $nin: [record.ownerId, ...named] },
  })
  const disabled = await findUser({ disabledAt: { $ne: null } })
  const ended = { kind: 'session', id: grant.id, version: grant.version + 1000 } as const
  const password = (record.access?.passwordVersion ?? 0) + 1
  const identities: Identity[] = [
    { name: 'nobody', headers: {} },
    {
      name: 'an expired token',
      headers: {},
      token: createMediaToken(place, grant, { nowMs: Date.now() - 13 * HOUR_MS }),
    },
    { name: "another video's token", headers: {}, token: createMediaToken(other, grant) },
    {
      name: "another revision's token",
      headers: {},
      token: createMediaToken({ ...place, revisionId: createId() }, grant),
    },
    { name: 'a token with one sign changed', headers: {}, token: flip(good) },
    { name: 'the token of a session that ended', headers: {}, token: createMediaToken(place, ended) },
    {
      name: 'the token of a password that was changed',
      headers: {},
      token: createMediaToken(place, passwordGrant(password)),
    },
    {
      name: 'the token of a link that was revoked',
      headers: {},
      token: createMediaToken(place, linkGrant()),
    },
    {
      name: 'the cookie of a password that was changed',
      headers: cookieOf(record._id, passwordGrant(password)),
    },
    { name: 'the cookie of a link that was revoked', headers: cookieOf(record._id, linkGrant()) },
    {
      name: "another video's cookie",
      headers: moveCookie(cookieOf(other.videoId, grant), other.videoId, record._id),
    },
    { name: 'a made-up API token', headers: { authorization: `Bearer pk_${'A'.repeat(43)}` } },
    ...(stranger ? [{ name: 'the wrong account', headers: await sessionOf(stranger) }] : []),
    ...(disabled ? [{ name: 'a disabled account', headers: await sessionOf(disabled) }] : []),
  ]
  const missing = [...(stranger ? [] : ['the wrong account']), ...(disabled ? [] : ['a disabled account'])]
  return { identities, missing }
}

async function findUser(filter: Record<string, unknown>): Promise<UserRecord | null> {
  return UserModel.findOne(filter).setOptions({ sanitizeFilter: false }).lean()
}

async function sessionOf({ _id: userId, sessionVersion }: UserRecord): Promise<Headers> {
  const cookie = await createSessionCookie({ userId, sessionVersion }, false)
  return { cookie: cookie.split(';')[0] ?? '' }
}

function passwordGrant(version: number): Grant {
  return { kind: 'password', id: null, version }
}

function linkGrant(): Grant {
  return { kind: 'link', id: createId(), version: 0 }
}

function cookieOf(videoId: string, grant: Grant): Headers {
  const request = new Request('http://peekr.invalid')
  return { cookie: createAccessCookie({ request, videoId, grant }).split(';')[0] ?? '' }
}

function moveCookie({ cookie = '' }: Headers, from: string, to: string): Headers {
  return { cookie: cookie.replace(from, to) }
}

function flip(token: string): string {
  const middle = Math.floor(token.length / 2)
  return `${token.slice(0, middle)}${token[middle] === 'A' ? 'B' : 'A'}${token.slice(middle + 1)}`
}
