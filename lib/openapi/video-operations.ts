import { BinQuery } from '#lib/catalog/bin/list-bin'
import { NewSnapshot, SnapshotChanges } from '#lib/catalog/snapshots/change-snapshots'
import { SnapshotQuery } from '#lib/catalog/snapshots/list-snapshots'
import { RestoreBody } from '#lib/catalog/snapshots/restore-snapshot'
import { VideoChanges, VideoPageSchema, VideoQuery, VideoSchema } from '#lib/catalog/video-schema'
import type { Operation } from '#lib/openapi/operations'

/** Videos, their kept states, and the bin. */
export const VIDEO_OPERATIONS: readonly Operation[] = [
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
    path: '/api/videos/{videoId}/jobs',
    summary: 'What was and is done for a video: every attempt with its reason and the last lines of its log.',
    scope: 'videos:write',
    status: 200,
  },
]
