import type { ZodType } from 'zod'
import type { Scope } from '#lib/domain/permissions'
import { ACCESS_OPERATIONS } from '#lib/openapi/access-operations'
import { ACCOUNT_OPERATIONS } from '#lib/openapi/account-operations'
import { ADMIN_OPERATIONS } from '#lib/openapi/admin-operations'
import { STORAGE_OPERATIONS } from '#lib/openapi/storage-operations'
import { VIDEO_OPERATIONS } from '#lib/openapi/video-operations'

/** One route of the REST API: what it takes is the very schema its handler checks with. */
export interface Operation {
  method: 'get' | 'post' | 'patch' | 'delete'
  /** With `{name}` for a parameter. */
  path: string
  summary: string
  /** null: anybody; they see what they may. */
  scope: Scope | null
  query?: ZodType
  body?: ZodType
  status: number
  /** What a success answers; left out when that is nothing, or described by its summary alone. */
  answer?: ZodType
}

export const OPERATIONS: readonly Operation[] = [
  { method: 'get', path: '/api/health', summary: 'Whether Peekr is ready.', scope: null, status: 200 },
  { method: 'get', path: '/api/openapi.json', summary: 'This description.', scope: null, status: 200 },
  ...VIDEO_OPERATIONS,
  ...ACCESS_OPERATIONS,
  ...ACCOUNT_OPERATIONS,
  ...ADMIN_OPERATIONS,
  ...STORAGE_OPERATIONS,
]
