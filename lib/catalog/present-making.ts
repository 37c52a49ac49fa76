import { BuildModel, type BuildRecord } from '#lib/db/models/build'
import type { VideoRecord } from '#lib/db/models/video'
import type { MakingView } from '#lib/domain/video-view'
import { measureSpeed } from '#lib/transcode/measure-speed'

type Known = Pick<BuildRecord, 'videoId' | 'plan' | 'speeds'> & {
  lanes: Record<'low' | 'high', { unit: number }>
}

/** How far the encodes of those videos have got that are being made, by id. One query, none when there is none. */
export async function presentMaking(records: readonly VideoRecord[]): Promise<Map<string, MakingView>> {
  const moving = records.filter(({ state }) => state === 'transcoding')
  if (moving.length === 0) return new Map()
  const builds = await BuildModel.find(
    { videoId: { $in: moving.map(({ _id }) => _id) } },
    {
      videoId: 1,
      'plan.units': 1,
      'plan.rungs': 1,
      'plan.lowRungs': 1,
      speeds: 1,
      'lanes.low.unit': 1,
      'lanes.high.unit': 1,
    },
  )
    .setOptions({ sanitizeFilter: false })
    .lean<Known[]>()
  const byVideo = new Map(builds.map((build) => [build.videoId, build]))
  return new Map(
    moving.flatMap((record) => {
      const build = byVideo.get(record._id)
      return build === undefined ? [] : [[record._id, present(record, build)] as const]
    }),
  )
}

function present(record: VideoRecord, { plan, speeds, lanes }: Known): MakingView {
  const speed = measureSpeed(plan, speeds)
  const { durationSeconds, progress, revision } = record
  return {
    availableSeconds: revision?.growing?.availableSeconds ?? 0,
    speed,
    secondsLeft: speed && durationSeconds ? (durationSeconds * (1 - progress)) / speed : null,
    renditions: plan.rungs.map(({ name }) => {
      const { unit } = lanes[plan.lowRungs.includes(name) ? 'low' : 'high']
      const reachedSeconds = plan.units[unit]?.startSeconds
      const share = durationSeconds ? (reachedSeconds ?? durationSeconds) / durationSeconds : 0
      return { name, progress: Math.min(1, share) }
    }),
  }
}
