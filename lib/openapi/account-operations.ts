import { ProfileBody, RegisterBody, SetupBody, TokenBody } from '#lib/auth/account-schema'
import type { Operation } from '#lib/openapi/operations'

/** One's own account, its tokens, and how accounts begin. */
export const ACCOUNT_OPERATIONS: readonly Operation[] = [
  { method: 'get', path: '/api/me', summary: 'Your account.', scope: 'videos:read', status: 200 },
  {
    method: 'patch',
    path: '/api/me',
    summary: 'Changes your name or password; a new password ends your other sessions.',
    scope: 'videos:read',
    body: ProfileBody,
    status: 200,
  },
  { method: 'get', path: '/api/tokens', summary: 'Your API tokens.', scope: 'videos:read', status: 200 },
  {
    method: 'post',
    path: '/api/tokens',
    summary: 'Makes an API token; it is shown this once.',
    scope: 'videos:read',
    body: TokenBody,
    status: 201,
  },
  {
    method: 'delete',
    path: '/api/tokens/{id}',
    summary: 'Revokes a token.',
    scope: 'videos:read',
    status: 204,
  },
  {
    method: 'get',
    path: '/api/setup',
    summary: 'Whether the first account is still to be made.',
    scope: null,
    status: 200,
  },
  {
    method: 'post',
    path: '/api/setup',
    summary: "Makes the first administrator, with the terminal's one-time code.",
    scope: null,
    body: SetupBody,
    status: 201,
  },
  {
    method: 'post',
    path: '/api/setup/sample',
    summary: 'Makes a sample video through the real path.',
    scope: 'admin',
    status: 202,
  },
  {
    method: 'post',
    path: '/api/register',
    summary: 'Makes your own account, where registration is open.',
    scope: null,
    body: RegisterBody,
    status: 201,
  },
]
