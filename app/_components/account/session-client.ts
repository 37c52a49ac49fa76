import { ApiError, callApi } from '../api-client'

/**
 * Signs in with next-auth's credentials provider and sets the session cookie.
 * @throws ApiError `wrong_credentials` or `too_many_attempts` (as next-auth's `error` parameter says), or `network`.
 */
export async function signIn(credentials: { email: string; password: string }): Promise<void> {
  const answer = await postForm('/api/auth/callback/credentials', credentials)
  const error = new URL(answer.url ?? '/', window.location.origin).searchParams.get('error')
  if (error !== null || !answer.ok) throw toSignInError(error ?? '', answer.status)
}

/** Ends the session of this browser and shows the home page. */
export async function signOut(): Promise<void> {
  await postForm('/api/auth/signout', {})
  // A whole new page, so that nothing of the session stays in memory.
  window.location.assign('/')
}

async function postForm(path: string, fields: Record<string, string>) {
  const { csrfToken } = await callApi<{ csrfToken: string }>('/api/auth/csrf')
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...fields, csrfToken, json: 'true' }),
  }).catch(() => {
    throw new ApiError({
      code: 'network',
      status: 0,
      message: 'Peekr does not answer. Try again in a moment.',
    })
  })
  const data = (await response.json().catch(() => ({}))) as { url?: string }
  return { ok: response.ok, status: response.status, url: data.url }
}

function toSignInError(code: string, status: number): ApiError {
  if (status === 429 || /too_?many/i.test(code)) {
    return new ApiError({
      status: 429,
      code: 'too_many_attempts',
      message: 'Too many attempts. Wait a few minutes and try again.',
    })
  }
  if (status >= 500 || ['Unavailable', 'Configuration', 'Callback'].includes(code)) {
    return new ApiError({
      status,
      code: 'internal',
      message: 'Signing in failed on the server. Try again in a moment.',
    })
  }
  return new ApiError({
    status: 401,
    code: 'wrong_credentials',
    message: 'The e-mail address or the password is wrong.',
  })
}
