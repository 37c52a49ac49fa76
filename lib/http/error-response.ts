import { isDatabaseAway } from '#lib/db/is-database-away'
import type { ErrorCode } from '#lib/error-codes'
import { isPeekrError, PeekrError } from '#lib/errors'
import { getLog } from '#lib/log'

export interface ErrorBody {
  error: { code: ErrorCode; message: string; requestId: string; fields?: Record<string, string> }
}

export interface ErrorAnswer {
  status: number
  headers: Record<string, string>
  body: ErrorBody
}

const RETRY_AFTER_SECONDS = 2
/** Of a refusal: a small body with thousands of fields must not get a large answer. */
const FIELDS_MAX = 50

/**
 * Anything thrown, as the answer of a route handler: `{"error": {code, message, requestId, fields?}}`.
 * Never cached; what is not a PeekrError says nothing of its cause and goes to the log.
 */
export function toErrorResponse(error: unknown, requestId: string): Response {
  const { status, headers, body } = toErrorBody(error, requestId)
  return Response.json(body, { status, headers })
}

/** The same for Node's `ServerResponse`: write `status`, `headers` and `JSON.stringify(body)`. Logs what is ours to mend. */
export function toErrorBody(error: unknown, requestId: string): ErrorAnswer {
  const known = toPeekrError(error)
  logError(known, requestId)
  const fields = known.fields === null ? {} : { fields: known.fields }
  return {
    status: known.status,
    headers: {
      'cache-control': 'private, no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': requestId,
      ...findRetryAfter(known),
      ...(known.code === 'sign_in_required' ? { 'www-authenticate': 'Bearer' } : {}),
      // RFC 9110 §15.5.6 asks a 405 to say what would be allowed.
      ...(typeof known.details.allow === 'string' ? { allow: known.details.allow } : {}),
    },
    body: { error: { code: known.code, message: known.message, requestId, ...fields } },
  }
}

function toPeekrError(error: unknown): PeekrError {
  if (isPeekrError(error)) return error
  if (isDatabaseAway(error)) return new PeekrError('database_away', { cause: error })
  if (isZodError(error))
    return new PeekrError('invalid_input', { fields: toFields(error.issues), cause: error })
  return new PeekrError('internal', { cause: error })
}

/** `details.retryAfterSeconds` of the error, else a short wait for what passes by itself. */
function findRetryAfter(error: PeekrError): Record<string, string> {
  const given = error.details.retryAfterSeconds
  if (typeof given === 'number' && given > 0) return { 'retry-after': String(Math.ceil(given)) }
  return error.status === 503 && error.retryable ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {}
}

function logError(error: PeekrError, requestId: string): void {
  const log = getLog('http')
  const facts = { requestId, code: error.code, details: error.details }
  if (error.status === 503) log.warn({ ...facts, err: error.cause }, error.message)
  else if (error.status >= 500) log.error({ ...facts, err: error.cause ?? error }, error.message)
  else log.debug(facts, error.message)
}

interface ZodIssue {
  code?: string
  path: PropertyKey[]
  message: string
  keys?: string[]
}

function isZodError(error: unknown): error is Error & { issues: ZodIssue[] } {
  return (
    error instanceof Error &&
    /^\$?ZodError$/.test(error.name) &&
    'issues' in error &&
    Array.isArray(error.issues)
  )
}

/** The first problem of each field by its dotted path; one about the whole body is under `body`. */
function toFields(issues: ZodIssue[]): Record<string, string> {
  const fields = new Map<string, string>()
  for (const issue of issues.slice(0, FIELDS_MAX)) {
    const paths =
      issue.code === 'unrecognized_keys' && issue.keys
        ? issue.keys.slice(0, FIELDS_MAX).map((key) => [...issue.path, key])
        : [issue.path]
    const message = issue.code === 'unrecognized_keys' ? 'is not a field of this request' : issue.message
    for (const path of paths) {
      const name = path.map(String).join('.').slice(0, 200) || 'body'
      if (!fields.has(name)) fields.set(name, message)
    }
  }
  return Object.fromEntries(fields)
}
