import { JobQuery } from '#lib/admin/list-jobs'
import { QueueChange } from '#lib/admin/pause-queue'
import { SettingChanges } from '#lib/admin/settings'
import { UserQuery } from '#lib/admin/users'
import { UserBody, UserPatchBody } from '#lib/auth/account-schema'
import { BinQuery } from '#lib/catalog/bin/list-bin'
import { AdminVideoQuery, VideoPageSchema } from '#lib/catalog/video-schema'
import type { Operation } from '#lib/openapi/operations'

/** What administrators see and change. */
export const ADMIN_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/admin/bin',
    summary: "A page of everybody's deleted videos that can still be brought back.",
    scope: 'admin',
    query: BinQuery,
    status: 200,
  },
  {
    method: 'delete',
    path: '/api/admin/bin',
    summary: "Erases everything in everybody's bins for good.",
    scope: 'admin',
    status: 200,
  },
  {
    method: 'get',
    path: '/api/admin/videos',
    summary: 'A page of all videos in every state.',
    scope: 'admin',
    query: AdminVideoQuery,
    status: 200,
    answer: VideoPageSchema,
  },
  {
    method: 'get',
    path: '/api/admin/users',
    summary: 'A page of accounts.',
    scope: 'admin',
    query: UserQuery,
    status: 200,
  },
  {
    method: 'post',
    path: '/api/admin/users',
    summary: 'Makes an account.',
    scope: 'admin',
    body: UserBody,
    status: 201,
  },
  {
    method: 'patch',
    path: '/api/admin/users/{id}',
    summary: "Changes an account's role, or disables it; its sessions end.",
    scope: 'admin',
    body: UserPatchBody,
    status: 200,
  },
  {
    method: 'post',
    path: '/api/admin/leaks',
    summary: 'Asks this server for videos as people who may not have them, and answers what came out.',
    scope: 'admin',
    status: 200,
  },
  {
    method: 'get',
    path: '/api/admin/imports',
    summary: 'The files that were found in the import folder, and what became of each.',
    scope: 'admin',
    status: 200,
  },
  {
    method: 'get',
    path: '/api/admin/encoders',
    summary: 'Which encoders, decoders and filters work here, each tried for a second.',
    scope: 'admin',
    status: 200,
  },
  {
    method: 'post',
    path: '/api/admin/encoders',
    summary: 'Tries them again.',
    scope: 'admin',
    status: 200,
  },
  {
    method: 'get',
    path: '/api/admin/settings',
    summary: 'What administrators can change at run time.',
    scope: 'admin',
    status: 200,
  },
  {
    method: 'patch',
    path: '/api/admin/settings',
    summary: 'Changes settings.',
    scope: 'admin',
    body: SettingChanges,
    status: 200,
  },
  {
    method: 'get',
    path: '/api/admin/queue',
    summary: 'Whether the queue is paused, and of which videos.',
    scope: 'admin',
    status: 200,
  },
  {
    method: 'patch',
    path: '/api/admin/queue',
    summary: "Pauses or resumes the whole queue, or one video's part of it.",
    scope: 'admin',
    body: QueueChange,
    status: 200,
  },
  {
    method: 'get',
    path: '/api/jobs',
    summary: 'A page of jobs, newest first.',
    scope: 'admin',
    query: JobQuery,
    status: 200,
  },
  {
    method: 'post',
    path: '/api/jobs/{jobId}/retry',
    summary:
      'Puts a job back into the queue, such as one unit that hangs; where it had ended its video, starts that again.',
    scope: 'admin',
    status: 202,
  },
  { method: 'post', path: '/api/jobs/{jobId}/cancel', summary: 'Stops a job.', scope: 'admin', status: 204 },
]
