import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type EncodePlan, type Lane, rungsOf } from '#lib/domain/encode-plan'
import type { LaneState } from '#lib/domain/lane-state'
import { MEDIA_PLAYLIST, segmentName } from '#lib/domain/media-paths'
import { type Bitrate, measureBitrate } from '#lib/hls/measure-bitrate'
import { type MediaPlaylist, targetDuration, writeMediaPlaylist } from '#lib/hls/media-playlist'
import { TICKS_PER_SECOND } from '#lib/hls/read-picture-times'
import { writeFileWhole } from '#lib/storage/write-file-whole'
import { TIMELINE_START_SECONDS } from '#lib/transcode/plan-encode'

/** How long an assembled lane plays so far. @param frameSeconds how long one picture is shown, on the average. */
export function laneSeconds({ lastTicks }: LaneState, frameSeconds: number): number {
  return lastTicks === null ? 0 : lastTicks / TICKS_PER_SECOND - TIMELINE_START_SECONDS + frameSeconds
}

/** The media playlist of one rung. Pure. Each segment lasts until the next begins; the last, one frame past its last. */
export function buildLanePlaylist(
  plan: Pick<EncodePlan, 'segmentFormat'>,
  state: LaneState,
  rung: string,
  frameSeconds: number,
): MediaPlaylist {
  const inits = state.inits[rung] ?? []
  const endTicks = (state.lastTicks ?? 0) + frameSeconds * TICKS_PER_SECOND
  return {
    initSegment: inits[0]?.name ?? null,
    segments: state.segments.map(({ number, startTicks }, at) => {
      const next = state.segments[at + 1]?.startTicks ?? endTicks
      const change = at === 0 ? undefined : inits.find(({ fromSegment }) => fromSegment === number)
      return {
        name: segmentName(plan.segmentFormat, number),
        durationSeconds: (next - startTicks) / TICKS_PER_SECOND,
        ...(change && { newInit: change.name }),
      }
    }),
  }
}

/** Writes every rung's media playlist as far as the lane is, each in one step. */
export async function writeLanePlaylists(options: {
  plan: EncodePlan
  lane: Lane
  state: LaneState
  revisionPath: string
  frameSeconds: number
  growing: boolean
}): Promise<void> {
  const { plan, lane, state, revisionPath, frameSeconds, growing } = options
  const gaps = plan.boundaries.slice(1).map((at, index) => at - (plan.boundaries[index] ?? 0))
  const targetSeconds = gaps.reduce((longest, gap) => Math.max(longest, Math.ceil(gap)), 1)
  for (const { name } of rungsOf(plan, lane)) {
    const playlist = buildLanePlaylist(plan, state, name, frameSeconds)
    const text = writeMediaPlaylist(playlist, { growing, targetSeconds })
    await writeFileWhole(join(revisionPath, name, MEDIA_PLAYLIST), text)
  }
}

/** Peak and average of a rendition whose segments are all in `folder`. */
export async function measurePlaylist(folder: string, { segments }: MediaPlaylist): Promise<Bitrate> {
  const sized = await Promise.all(
    segments.map(async ({ name, durationSeconds }) => ({
      durationSeconds,
      sizeBytes: (await stat(join(folder, name))).size,
    })),
  )
  return measureBitrate(sized, targetDuration(segments))
}
