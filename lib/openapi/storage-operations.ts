import { StorageAction } from '#lib/admin/control-storage'
import { StorageEventQuery } from '#lib/admin/list-storage-events'
import type { Operation } from '#lib/openapi/operations'

/** The disks, and whether what is on them is as published. */
export const STORAGE_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/videos/{videoId}/proof',
    summary: 'When every byte of what it plays was last read and found as published.',
    scope: 'videos:write',
    status: 200,
  },
  {
    method: 'post',
    path: '/api/videos/{videoId}/proof',
    summary: 'Has its bytes read and compared before their turn.',
    scope: 'videos:write',
    status: 202,
  },
  {
    method: 'get',
    path: '/api/admin/storage',
    summary: 'The disk the library is on: space, devices, errors, scrub, alerts, damaged videos.',
    scope: 'admin',
    status: 200,
  },
  {
    method: 'post',
    path: '/api/admin/storage',
    summary: 'Starts or stops a scrub, or sets the error counters back.',
    scope: 'admin',
    body: StorageAction,
    status: 200,
  },
  {
    method: 'get',
    path: '/api/admin/storage/events',
    summary: 'What happened to the storage, newest first.',
    scope: 'admin',
    query: StorageEventQuery,
    status: 200,
  },
  {
    method: 'post',
    path: '/api/admin/storage/verify',
    summary: 'Has every video read and compared with what was published.',
    scope: 'admin',
    status: 202,
  },
]
