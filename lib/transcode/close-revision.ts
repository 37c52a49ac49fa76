import { join } from 'node:path'
import { type EncodePlan, type Lane, lanesOf } from '#lib/domain/encode-plan'
import type { EncodeResult } from '#lib/domain/encoding'
import type { LaneState } from '#lib/domain/lane-state'
import { CAPTIONS, MEDIA_PLAYLIST, MULTIVARIANT_PLAYLIST } from '#lib/domain/media-paths'
import type { SourceProbe } from '#lib/domain/source-probe'
import type { RevisionTracks } from '#lib/domain/tracks'
import { PeekrError } from '#lib/errors'
import { writeMediaPlaylist } from '#lib/hls/media-playlist'
import { writeFileWhole } from '#lib/storage/write-file-whole'
import { closeSound } from '#lib/transcode/add-sound'
import { writeCopiedPlaylists } from '#lib/transcode/copy/copied-playlists'
import { describeRevision } from '#lib/transcode/describe-revision'
import { findFrameRate, findFrameSeconds } from '#lib/transcode/frame-rate'
import { laneSeconds, writeLanePlaylists } from '#lib/transcode/lane-playlist'

/**
 * Ends the playlists of a revision that is all there, and says what it consists of. Twice is safe.
 * @throws source_truncated, source_corrupt when there is no picture; output_invalid when the rungs differ.
 */
export async function closeRevision(options: {
  plan: EncodePlan
  probe: SourceProbe
  lanes: Record<Lane, LaneState>
  /** The other sounds and the subtitles, which are in the revision by now. */
  tracks?: RevisionTracks
  revisionPath: string
}): Promise<EncodeResult> {
  const { plan, probe, lanes, revisionPath, tracks = NO_TRACKS } = options
  const { low, high } = lanes
  if (low.frameCount === 0) throw new PeekrError(low.endMissing ? 'source_truncated' : 'source_corrupt')
  const [first, ...others] = lanesOf(plan).map((lane) => JSON.stringify(lanes[lane].segments))
  if (others.some((other) => other !== first)) {
    throw new PeekrError('output_invalid', { details: { low: low.frameCount, high: high.frameCount } })
  }
  const video = probe.video ?? { frameRate: null }
  const frameSeconds = findFrameSeconds(video)
  for (const lane of lanesOf(plan)) {
    await writeLanePlaylists({ plan, lane, state: lanes[lane], revisionPath, frameSeconds, growing: false })
  }
  if (plan.copied !== null)
    await writeCopiedPlaylists(plan.copied, ALL_COPIED, { revisionPath, segmentFormat: plan.segmentFormat })
  if (!plan.copied?.plan.sound) await closeSound(revisionPath)
  const frameRate = findFrameRate(video)
  const durationSeconds = laneSeconds(low, frameSeconds)
  for (const { folder } of tracks.sounds) await closeSound(revisionPath, folder)
  for (const { folder } of tracks.subtitles)
    await writeSubtitlePlaylist(join(revisionPath, folder), durationSeconds)
  const described = await describeRevision({ plan, lanes, revisionPath, frameRate, tracks, measured: true })
  await writeFileWhole(join(revisionPath, MULTIVARIANT_PLAYLIST), described.multivariant)
  return {
    renditions: described.renditions,
    audio: described.audio,
    tracks,
    durationSeconds,
    frameCount: low.frameCount,
    decoded: {
      frameCount: countDecoded(low.frameCount, video.frameRate, frameRate),
      damaged: low.damaged || high.damaged,
      endMissing: low.endMissing || high.endMissing,
    },
  }
}

const NO_TRACKS: RevisionTracks = { main: null, sounds: [], subtitles: [], leftOut: [] }

/** Subtitles are one segment as long as the film: all of them are smaller than a second of picture. */
async function writeSubtitlePlaylist(folder: string, durationSeconds: number): Promise<void> {
  const playlist = { initSegment: null, segments: [{ name: CAPTIONS, durationSeconds }] }
  await writeFileWhole(join(folder, MEDIA_PLAYLIST), writeMediaPlaylist(playlist))
}

const ALL_COPIED = { pictures: Number.POSITIVE_INFINITY, sounds: Number.POSITIVE_INFINITY, isDone: true }

/** Where frames are dropped evenly to keep to the limit, there were so many more. */
function countDecoded(frameCount: number, sourceRate: number | null, frameRate: number | null): number {
  return sourceRate !== null && frameRate !== null && sourceRate > frameRate * 1.02
    ? Math.round((frameCount * sourceRate) / frameRate)
    : frameCount
}
