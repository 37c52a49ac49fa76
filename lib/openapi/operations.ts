import type { ZodType } from 'zod'
import { JobQuery } from '#lib/admin/list-jobs'
import { QueueChange } from '#lib/admin/pause-queue'
import { SettingChanges } from '#lib/admin/settings'
import { UserQuery } from '#lib/admin/users'
import {
  ProfileBody,
  RegisterBody,
  SetupBody,
  TokenBody,
  UserBody,
  UserPatchBody,
} from '#lib/auth/account-schema'
import { BinQuery } from '#lib/catalog/bin/list-bin'
import { NewSnapshot, SnapshotChanges } from '#lib/catalog/snapshots/change-snapshots'
import { SnapshotQuery } from '#lib/catalog/snapshots/list-snapshots'
import { RestoreBody } from '#lib/catalog/snapshots/restore-snapshot'
import {
  AdminVideoQuery,
  VideoChanges,
  VideoPageSchema,
  VideoQuery,
  VideoSchema,
} from '#lib/catalog/video-schema'
import type { Scope } from '#lib/domain/permissions'
import { ACCESS_OPERATIONS } from '#lib/openapi/access-operations'
import { STORAGE_OPERATIONS } from '#lib/openapi/storage-operations'

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
  {
    method: 'get',
    path: '/api/videos',
    summary:
      'A page of the videos you may find; `mine` lists your own in every state, `shared` what others share with you by name.',
    scope: null,
    query: VideoQuery,
    status: 200,
    answer: VideoPageSchema,
  },
  {
    method: 'get',
    path: '/api/videos/{videoId}',
    summary: 'One video. 404 also for one you may not watch.',
    scope: null,
    status: 200,
    answer: VideoSchema,
  },
  {
    method: 'patch',
    path: '/api/videos/{videoId}',
    summary:
      'Changes title, description, tags, visibility or password; for its owner and administrators. A new password locks out whoever came in by the old one.',
    scope: 'videos:write',
    body: VideoChanges,
    status: 200,
    answer: VideoSchema,
  },
  {
    method: 'delete',
    path: '/api/videos/{videoId}',
    summary:
      'Deletes a video; it is gone at once for everybody. What can be brought back lies in the bin until the time ' +
      'in the header `Peekr-Erase-At`.',
    scope: 'videos:write',
    status: 204,
  },
  {
    method: 'post',
    path: '/api/videos/{videoId}/retry',
    summary: 'Starts a failed video again.',
    scope: 'videos:write',
    status: 202,
    answer: VideoSchema,
  },
  {
    method: 'post',
    path: '/api/videos/{videoId}/reencode',
    summary:
      'Makes the playable version anew from the kept source; what plays goes on playing. The header ' +
      '`Peekr-Undo-Snapshot` of this and of every other change names the snapshot that undoes it.',
    scope: 'videos:write',
    status: 202,
    answer: VideoSchema,
  },
  {
    method: 'get',
    path: '/api/videos/{videoId}/snapshots',
    summary: 'Every state the video was in that is kept, newest first; `measure` adds what each alone holds.',
    scope: 'videos:write',
    query: SnapshotQuery,
    status: 200,
  },
  {
    method: 'post',
    path: '/api/videos/{videoId}/snapshots',
    summary: 'Keeps the video as it is now. One with a label is kept until it is deleted.',
    scope: 'videos:write',
    body: NewSnapshot,
    status: 201,
  },
  {
    method: 'patch',
    path: '/api/videos/{videoId}/snapshots/{name}',
    summary: 'Labels a snapshot, or takes its label away.',
    scope: 'videos:write',
    body: SnapshotChanges,
    status: 204,
  },
  {
    method: 'delete',
    path: '/api/videos/{videoId}/snapshots/{name}',
    summary: 'Deletes a snapshot for good.',
    scope: 'videos:write',
    status: 204,
  },
  {
    method: 'post',
    path: '/api/videos/{videoId}/snapshots/{name}/restore',
    summary: 'Brings the video back to a snapshot: all of it, or its details alone.',
    scope: 'videos:write',
    body: RestoreBody,
    status: 200,
    answer: VideoSchema,
  },
  {
    method: 'get',
    path: '/api/videos/{videoId}/snapshots/{name}/poster',
    summary: 'The picture of the video as it was, as JPEG.',
    scope: 'videos:write',
    status: 200,
  },
  {
    method: 'get',
    path: '/api/bin',
    summary: 'A page of your deleted videos that can still be brought back.',
    scope: 'videos:read',
    query: BinQuery,
    status: 200,
  },
  {
    method: 'delete',
    path: '/api/bin',
    summary: 'Erases everything in your bin for good.',
    scope: 'videos:write',
    status: 200,
  },
  {
    method: 'post',
    path: '/api/bin/{videoId}/restore',
    summary: 'Brings a deleted video back as it was.',
    scope: 'videos:write',
    status: 200,
    answer: VideoSchema,
  },
  {
    method: 'delete',
    path: '/api/bin/{videoId}',
    summary: 'Erases a deleted video for good.',
    scope: 'videos:write',
    status: 204,
  },
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
  ...ACCESS_OPERATIONS,
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
  ...STORAGE_OPERATIONS,
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
    summary: "Starts the job's video again.",
    scope: 'admin',
    status: 202,
  },
  { method: 'post', path: '/api/jobs/{jobId}/cancel', summary: 'Stops a job.', scope: 'admin', status: 204 },
]
