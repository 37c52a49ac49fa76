import { ERROR_CODES, type ErrorCode } from '#lib/error-codes'

export interface PeekrErrorOptions {
  /** A sentence for the person at the other end; replaces the code's own. */
  message?: string
  cause?: unknown
  /** Facts for the log; never sent to a client. */
  details?: Record<string, unknown>
  /** Problems by field name; sent to the client. */
  fields?: Record<string, string>
}

/** The one error class. Its message is public by construction: a sentence that says what to do. */
export class PeekrError extends Error {
  override readonly name = 'PeekrError'
  readonly code: ErrorCode
  readonly details: Record<string, unknown>
  readonly fields: Record<string, string> | null

  constructor(code: ErrorCode, options: PeekrErrorOptions = {}) {
    super(
      options.message ?? ERROR_CODES[code].message,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = code
    this.details = options.details ?? {}
    this.fields = options.fields ?? null
  }

  get status(): number {
    return ERROR_CODES[this.code].status
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable
  }
}

/** Two bundles each have their own class, so `instanceof` is not enough. */
export function isPeekrError(error: unknown): error is PeekrError {
  return (
    error instanceof Error &&
    error.name === 'PeekrError' &&
    'code' in error &&
    String(error.code) in ERROR_CODES
  )
}

/** Whether the same thing may go well on another try. */
export function isRetryable(code: ErrorCode): boolean {
  return ERROR_CODES[code].retryable
}

/** Whether the uploaded file itself is to blame, so that its bytes are of no more use. */
export function isSourceFault(code: ErrorCode): boolean {
  return code.startsWith('source_')
}

/** The public sentence of a code. */
export function errorMessage(code: ErrorCode): string {
  return ERROR_CODES[code].message
}

/** A failure as data, because an Error loses its class and code between threads. */
export interface ErrorData {
  code: ErrorCode
  message: string
  details: Record<string, unknown>
}

export type Outcome<T> = { ok: true; value: T } | { ok: false; error: ErrorData }

/** Anything thrown, as data. What is not a PeekrError becomes `internal` with the original text in `details`. */
export function toErrorData(error: unknown): ErrorData {
  if (isPeekrError(error)) return { code: error.code, message: error.message, details: error.details }
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { code: 'internal', message: errorMessage('internal'), details: { cause } }
}

/** The value of an outcome; throws its error as a PeekrError otherwise. */
export function unwrapOutcome<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value
  const { code, message, details } = outcome.error
  throw new PeekrError(code, { message, details })
}
