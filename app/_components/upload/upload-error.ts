import { DetailedError, type HttpResponse } from 'tus-js-client'
import { toApiError } from '../api-client'
import { isProxys413 } from './chunk-size'
import { FILE_GONE } from './upload-item'

export interface UploadProblem {
  status: number
  message: string
  /** `soon`: try again at once and then ever slower. `later`: the server needs time (disk full). `never`: a person must act. */
  retry: 'soon' | 'later' | 'never'
}

/** A HEAD that says nothing about the upload itself, such as 503 from a server that is starting. */
export class RefusedLookup extends Error {
  override readonly name = 'RefusedLookup'
  readonly response: HttpResponse

  constructor(response: HttpResponse) {
    super(`the upload could not be looked up: ${response.getStatus()}`)
    this.response = response
  }
}

/** What an error of tus-js-client means for the upload. Status 0 stands for no answer at all. */
export function describeUploadError(error: Error): UploadProblem {
  if (!(error instanceof DetailedError)) return { status: 0, retry: 'never', message: unreadable(error) }
  const response = findResponse(error)
  const status = response?.getStatus() ?? 0
  if (status === 0) return { status, retry: 'soon', message: noAnswer() }
  const answer = toApiError(status, parseBody(response?.getBody() ?? ''))
  if (status === 507) {
    return { status, retry: answer.code === 'quota_exceeded' ? 'never' : 'later', message: answer.message }
  }
  if (isProxys413(status, response?.getHeader('Tus-Resumable'))) {
    return {
      status,
      retry: 'soon',
      message: 'Something on the way takes smaller pieces only. The upload goes on with those.',
    }
  }
  // So many at once, or in so short a time: the server says until when.
  if (answer.code === 'too_many_attempts') return { status, retry: 'soon', message: answer.message }
  if ([408, 409, 423, 429].includes(status) || status >= 500) {
    return { status, retry: 'soon', message: 'The server is busy or starting. The upload goes on by itself.' }
  }
  if (status === 401)
    return { status, retry: 'never', message: 'Your session has ended. Sign in again, then retry.' }
  return { status, retry: 'never', message: answer.message }
}

/** The answer that caused an error, also where our own check of it was wrapped once more. */
export function findResponse({ originalResponse, causingError }: DetailedError): HttpResponse | null {
  if (originalResponse) return originalResponse
  return causingError instanceof RefusedLookup ? causingError.response : null
}

function noAnswer(): string {
  return navigator.onLine
    ? 'The server does not answer. The upload goes on by itself as soon as it does.'
    : 'You are offline. The upload goes on by itself once you are back.'
}

function unreadable(error: Error): string {
  return /read|file|reader/i.test(error.message)
    ? FILE_GONE
    : 'The upload stopped unexpectedly. Retry it; what is stored already is not sent again.'
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    // The tus protocol's own errors are plain text.
    return null
  }
}
