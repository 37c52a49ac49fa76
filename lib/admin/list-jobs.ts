import { z } from 'zod'
import { JOB_STATES, JobModel, type JobRecord } from '#lib/db/models/job'
import { VideoModel } from '#lib/db/models/video'
import { isId } from '#lib/domain/id'
import type { JobPage, JobView } from '#lib/domain/job-view'
import { PeekrError } from '#lib/errors'
import { presentJob } from '#lib/jobs/present-job'

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
  return jobs.map((job) => presentJob(job, titles.get(job.videoId) ?? 'Deleted video'))
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
