import { z } from 'zod'
import { JOB_STATES, JobModel, type JobRecord } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { isId } from '#lib/domain/id'
import type { JobPage, JobView } from '#lib/domain/job-view'
import { PeekrError } from '#lib/errors'

export const JobQuery = z.strictObject({
  state: z.enum(JOB_STATES).optional(),
  /** Only the jobs of this video. */
  video: z.string().max(40).optional(),
  cursor: z.string().max(60).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(50),
})

/** A page of jobs, newest first. @throws invalid_input for a cursor that is not one of ours. */
export async function listJobs(query: z.infer<typeof JobQuery>): Promise<JobPage> {
  const { state, video, cursor, limit } = query
  const filter = {
    ...(state === undefined ? {} : { state }),
    ...(video === undefined ? {} : { videoId: video }),
    ...(cursor === undefined ? {} : parseCursor(cursor)),
  }
  const jobs = await JobModel.find(filter)
    .sort({ createdAt: -1, _id: 1 })
    .limit(limit + 1)
    .setOptions({ sanitizeFilter: false })
    .lean()
  const items = jobs.slice(0, limit)
  const last = items.at(-1)
  return {
    items: await presentJobs(items),
    nextCursor: jobs.length > limit && last !== undefined ? `${last.createdAt.getTime()}.${last._id}` : null,
  }
}

async function presentJobs(jobs: JobRecord[]): Promise<JobView[]> {
  const videoIds = [...new Set(jobs.map((job) => job.videoId))]
  const videos = await VideoModel.find({ _id: { $in: videoIds } }, { title: 1 })
    .setOptions({ sanitizeFilter: false })
    .lean()
  const titles = new Map(videos.map((video) => [video._id, video.title]))
  return jobs.map((job) => ({
    id: job._id,
    kind: job.kind,
    unit: job.unit ?? '',
    video: { id: job.videoId, title: titles.get(job.videoId) ?? 'Deleted video' },
    state: job.state,
    attempts: job.attempts,
    progress: job.progress,
    reason: job.failure && { code: job.failure.code, message: job.failure.message },
    log: job.log,
    history: presentHistory(job),
    encoder: job.encoder,
    createdAt: job.createdAt.toISOString(),
    startedAt: job.startedAt?.toISOString() ?? null,
    finishedAt: job.finishedAt?.toISOString() ?? null,
  }))
}

/** Every attempt that began; one that left no word of its end was lost with its holder, if it is not the one that runs. */
function presentHistory({ history = [], attempts, state }: JobRecord): JobView['history'] {
  const ended = state === 'running' ? attempts - 1 : attempts
  return Array.from({ length: Math.min(ended, 20) }, (_, at) => {
    const attempt = at + 1
    const entry = history.findLast((one) => one.attempt === attempt)
    return {
      attempt,
      outcome: entry?.outcome ?? ('lost' as const),
      holder: entry?.holder ?? null,
      startedAt: entry?.startedAt?.toISOString() ?? null,
      endedAt: entry?.endedAt.toISOString() ?? null,
      message: entry?.failure?.message ?? null,
      reason: entry?.reason ?? null,
      log: entry?.log ?? [],
    }
  })
}

function parseCursor(cursor: string): Record<string, unknown> {
  const [time = '', id = ''] = cursor.split('.')
  if (!/^\d{1,15}$/.test(time) || !isId(id)) {
    throw new PeekrError('invalid_input', {
      message: 'This page mark is not valid. Start again from the first page.',
    })
  }
  const createdAt = new Date(Number(time))
  return { $or: [{ createdAt: { $lt: createdAt } }, { createdAt, _id: { $gt: id } }] }
}
