import { BuildModel, type BuildRecord } from '#lib/db/models/build'
import type { VideoRecord } from '#lib/db/models/video'
import type { MakingView } from '#lib/domain/video-view'
import { measureLaneSpeed, measureSpeed } from '#lib/transcode/measure-speed'

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
  const secondsLeft = speed && durationSeconds ? (durationSeconds * (1 - progress)) / speed : null
  return {
    availableSeconds: revision?.growing?.availableSeconds ?? 0,
    speed,
    secondsLeft,
    renditions: plan.rungs.map(({ name }) => {
      const lane = plan.lowRungs.includes(name) ? 'low' : 'high'
      const reachedSeconds = plan.units[lanes[lane].unit]?.startSeconds ?? durationSeconds ?? 0
      const laneSpeed = measureLaneSpeed(plan, speeds, lane)
      const left = laneSpeed && durationSeconds ? (durationSeconds - reachedSeconds) / laneSpeed : null
      return {
        name,
        progress: durationSeconds ? Math.min(1, reachedSeconds / durationSeconds) : 0,
        speed: laneSpeed,
        // The upper ones are done when everything is.
        secondsLeft: lane === 'high' && left !== null ? Math.max(left, secondsLeft ?? 0) : left,
      }
    }),
  }
}
