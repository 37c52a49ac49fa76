import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mongoose from 'mongoose'
import { createUser } from '#lib/auth/create-user'
import { createSessionCookie } from '#lib/auth/session-token'
import { parseConfig, setAuthEnvironment } from '#lib/config'
import { connectDatabase, disconnectDatabase } from '#lib/db/connect'
import { UserModel, type UserRecord } from '#lib/db/models/user'
import type { Role } from '#lib/domain/permissions'
import { configureLog } from '#lib/log'
import { singleton } from '#lib/singleton'

/**
 * A data folder and a database of its own for the accounts of one test file: on the server MONGODB_URI names, or the
 * embedded one. `close` leaves nothing behind.
 */
export async function openAuthTest(): Promise<{
  dataPath: string
  /** The settings of a command that shall use the same data folder and database. */
  settings: Record<string, string>
  close: () => Promise<void>
}> {
  const dataPath = await mkdtemp(join(tmpdir(), 'peekr-auth-'))
  const given = process.env.MONGODB_URI
  const uri = given ? new URL(given) : null
  if (uri) uri.pathname = `/peekr-auth-${randomBytes(6).toString('hex')}`
  const settings = { PEEKR_DATA: dataPath, ...(uri && { MONGODB_URI: uri.href }) }
  singleton('config', () => parseConfig(settings))
  configureLog('silent')
  await connectDatabase().catch(async (error: unknown) => {
    await rm(dataPath, { recursive: true, force: true })
    throw error
  })
  return {
    dataPath,
    settings,
    async close() {
      await mongoose.connection.dropDatabase()
      await disconnectDatabase()
      await rm(dataPath, { recursive: true, force: true })
    },
  }
}

export const PASSWORD = 'correct horse battery'

/** A new account with the password above. */
export async function makeUser(role: Role = 'viewer'): Promise<UserRecord> {
  const email = `${role}-${randomBytes(6).toString('hex')}@example.org`
  return createUser({ email, name: `The ${role}`, role, password: PASSWORD })
}

/** The `Cookie` header of a session of this account, as of now. */
export async function makeCookie(user: { _id: string }): Promise<string> {
  const { sessionVersion } = (await UserModel.findById(user._id).lean()) ?? { sessionVersion: 0 }
  const cookie = await createSessionCookie({ userId: user._id, sessionVersion }, false)
  return cookie.split(';')[0] ?? ''
}

export interface Answer {
  status: number
  body: unknown
  cookies: string[]
  location: string | null
}

/** Calls one of our route handlers, as the front door would have it called. */
export async function callRoute(
  handler: (request: Request, context: { params: Promise<never> }) => Promise<Response>,
  options: {
    path?: string
    method?: string
    headers?: Record<string, string>
    json?: unknown
    params?: object
  },
): Promise<Answer> {
  const { path = '/', method = 'GET', headers = {}, json, params = {} } = options
  const request = new Request(`http://peekr.test${path}`, {
    method,
    headers: {
      host: 'peekr.test',
      'x-peekr-client': '192.0.2.1',
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(method === 'GET' ? {} : { 'sec-fetch-site': 'same-origin' }),
      ...headers,
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  const response = await handler(request, { params: Promise.resolve(params as never) })
  const text = await response.text()
  return {
    status: response.status,
    body: text === '' ? null : JSON.parse(text),
    cookies: response.headers.getSetCookie(),
    location: response.headers.get('location'),
  }
}

/**
 * Calls next-auth itself with Peekr's options, through the handler it has for Node's requests: the one for route
 * handlers runs within Next only, and is tested on the running server.
 */
export async function callNextAuth(options: {
  path: string
  form?: Record<string, string>
  headers?: Record<string, string>
}): Promise<Answer> {
  setAuthEnvironment()
  const { buildAuthOptions } = await import('#lib/auth/auth-options')
  const { default: NextAuth } = (await import('next-auth')).default as unknown as {
    default: (request: object, response: object, options: object) => Promise<unknown>
  }
  const { path, form, headers = {} } = options
  const url = new URL(path, 'http://peekr.test')
  const answer: Answer = { status: 200, body: null, cookies: [], location: null }
  const request = {
    method: form ? 'POST' : 'GET',
    headers: {
      'x-peekr-client': '192.0.2.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'peekr.test',
      ...headers,
    },
    query: { ...Object.fromEntries(url.searchParams), nextauth: url.pathname.split('/').slice(3) },
    cookies: Object.fromEntries(
      (headers.cookie ?? '')
        .split('; ')
        .filter(Boolean)
        .map((pair) => {
          const [name = '', ...value] = pair.split('=')
          return [name, decodeURIComponent(value.join('='))]
        }),
    ),
    body: form,
  }
  const response = {
    status(status: number) {
      answer.status = status
      return response
    },
    getHeader: () => answer.cookies,
    setHeader(name: string, value: string | string[]) {
      if (name === 'Set-Cookie') answer.cookies = [value].flat()
      if (name === 'Location') answer.location = String(value)
      return response
    },
    send(body: unknown) {
      answer.body = body
    },
    json(body: unknown) {
      answer.body = body
    },
    end() {},
  }
  await NextAuth(request, response, buildAuthOptions())
  return answer
}

/** Signs in as a browser does: the CSRF token first, then the form. Headers stand for where the request came from. */
export async function signIn(
  credentials: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Answer & { sessionCookie: string | null; error: string | null }> {
  const csrf = await callNextAuth({ path: '/api/auth/csrf', headers })
  const { csrfToken } = csrf.body as { csrfToken: string }
  const answer = await callNextAuth({
    path: '/api/auth/callback/credentials',
    form: { ...credentials, csrfToken, json: 'true' },
    headers: { ...headers, cookie: csrf.cookies.map((cookie) => cookie.split(';')[0]).join('; ') },
  })
  const session = answer.cookies.find((cookie) => /session-token=[^;]/.test(cookie)) ?? null
  const { url = '' } = (answer.body ?? {}) as { url?: string }
  const error = URL.canParse(url) ? new URL(url).searchParams.get('error') : null
  return { ...answer, error, sessionCookie: session?.split(';')[0] ?? null }
}
