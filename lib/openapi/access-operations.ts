import {
  AccessSchema,
  NewShareLinkSchema,
  PersonBody,
  ShareLinkBody,
  UnlockBody,
} from '#lib/catalog/access-schema'
import { VideoSchema } from '#lib/catalog/video-schema'
import type { Operation } from '#lib/openapi/operations'

/** Who may watch a video. */
export const ACCESS_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/videos/{videoId}/access',
    summary:
      'Who may watch a video: people, whether it has a password, links; for its owner and administrators.',
    scope: 'videos:write',
    status: 200,
    answer: AccessSchema,
  },
  {
    method: 'post',
    path: '/api/videos/{videoId}/access',
    summary:
      'Comes in by the password or by the secret of a link (what is behind its #); answers a cookie, too.',
    scope: null,
    body: UnlockBody,
    status: 200,
    answer: VideoSchema,
  },
  {
    method: 'post',
    path: '/api/videos/{videoId}/access/people',
    summary: 'Names somebody by their whole e-mail address or name; counts while the visibility is `people`.',
    scope: 'videos:write',
    body: PersonBody,
    status: 201,
    answer: AccessSchema,
  },
  {
    method: 'delete',
    path: '/api/videos/{videoId}/access/people/{userId}',
    summary: 'Takes a name off again.',
    scope: 'videos:write',
    status: 204,
  },
  {
    method: 'post',
    path: '/api/videos/{videoId}/access/links',
    summary: 'Makes a link that opens the video to whoever has it; it is shown this once.',
    scope: 'videos:write',
    body: ShareLinkBody,
    status: 201,
    answer: NewShareLinkSchema,
  },
  {
    method: 'delete',
    path: '/api/videos/{videoId}/access/links/{linkId}',
    summary: 'Revokes a link.',
    scope: 'videos:write',
    status: 204,
  },
]
