import { sessionEndedStore, signInHere } from './shell/session-ended'

/** An answer other than success, or none at all (`status` 0, code `network`). Its message is a sentence for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly code: string
  readonly status: number
  readonly fields: Record<string, string>

  constructor(input: { code: string; message: string; status: number; fields?: Record<string, string> }) {
    super(input.message)
    this.code = input.code
    this.status = input.status
    this.fields = input.fields ?? {}
  }
}

export interface ApiRequest {
  method?: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  body?: unknown
  signal?: AbortSignal
  /** Whether it is to go on when the page is left; browsers let 64 KiB do so. */
  keepalive?: boolean
  /** Hears of a success's headers. */
  onHeaders?: (headers: Headers) => void
}

/**
 * Calls Peekr's own REST API and returns the parsed JSON (undefined for an empty answer).
 * @throws ApiError with the server's code and sentence, or `network` when no answer came.
 */
export async function callApi<T>(path: string, request: ApiRequest = {}): Promise<T> {
  const { method = 'GET', body, signal, keepalive, onHeaders } = request
  const response = await fetch(path, {
    method,
    signal,
    keepalive,
    cache: 'no-store',
    credentials: 'same-origin',
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  }).catch((cause: unknown) => {
    if (signal?.aborted) throw cause
    throw networkError()
  })
  const text = await response.text().catch(() => '')
  const data = parseJson(text)
  if (!response.ok) {
    const error = toApiError(response.status, data)
    if (error.code === 'sign_in_required' && method !== 'GET') sessionEndedStore.set(() => true)
    throw error
  }
  onHeaders?.(response.headers)
  if (method !== 'GET') sessionEndedStore.set(() => false)
  return data as T
}

/**
 * What a page does when it may not load what it shows because nobody is signed in any more: goes to sign in, and comes
 * back here afterwards. True when it does, so that no error flashes up meanwhile.
 */
export function leaveToSignIn(error: unknown): boolean {
  if (!(error instanceof ApiError && error.code === 'sign_in_required')) return false
  window.location.assign(signInHere())
  return true
}

/** The sentence to show for anything caught. */
export function errorSentence(error: unknown): string {
  return error instanceof ApiError
    ? error.message
    : 'Something went wrong in this page. Reload it and try again.'
}

/** Reads Peekr's error body; any other body gives a sentence made from the status. */
export function toApiError(status: number, data: unknown): ApiError {
  const error = (
    data as { error?: { code?: string; message?: string; fields?: Record<string, string> } } | null
  )?.error
  return new ApiError({
    status,
    code: error?.code ?? 'internal',
    message: error?.message ?? `The server answered with status ${status}. Try again in a moment.`,
    fields: error?.fields,
  })
}

function networkError(): ApiError {
  const offline = typeof navigator !== 'undefined' && !navigator.onLine
  return new ApiError({
    status: 0,
    code: 'network',
    message: offline
      ? 'You are offline. Check your connection and try again.'
      : 'Peekr does not answer. Check that the server is running, then try again.',
  })
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    // A proxy's error page, say; the status then speaks for itself.
    return undefined
  }
}
