import { join } from 'node:path'
import { BuildModel, type BuildRecord } from '#lib/db/models/build'
import { VideoModel } from '#lib/db/models/video'
import { copyMark } from '#lib/domain/copy-plan'
import { type Lane, lanesOf } from '#lib/domain/encode-plan'
import { AUDIO_FOLDER, MEDIA_PLAYLIST, MULTIVARIANT_PLAYLIST } from '#lib/domain/media-paths'
import { exists } from '#lib/storage/exists'
import type { Storage } from '#lib/storage/storage'
import { writeFileWhole } from '#lib/storage/write-file-whole'
import { canStart } from '#lib/transcode/can-start'
import { copiedSeconds, writeCopiedPlaylists } from '#lib/transcode/copy/copied-playlists'
import { describeRevision } from '#lib/transcode/describe-revision'
import { findFrameRate, findFrameSeconds } from '#lib/transcode/frame-rate'
import { laneSeconds, writeLanePlaylists } from '#lib/transcode/lane-playlist'
import { measureSpeed } from '#lib/transcode/measure-speed'
import { keepsAhead } from '#lib/transcode/plan-order'
import { planTracks } from '#lib/transcode/tracks/plan-tracks'

/**
 * Writes the playlists of a revision that is still growing, and makes its video playable from it, unless an older revision
 * is being watched. Only rungs that stay ahead of a viewer are offered; the others join when all is done. Where not even
 * the low ones do, it becomes playable when so much is there that a viewer will not run dry.
 */
export async function showGrowth(build: BuildRecord, library: Storage, isSoundDone: boolean): Promise<void> {
  const { plan, probe, lanes, videoId } = build
  const revisionPath = library.revisionPath(videoId, build._id)
  const video = probe.video ?? { frameRate: null }
  const frameSeconds = findFrameSeconds(video)
  for (const lane of lanesOf(plan)) {
    if (lanes[lane].segments.length === 0) continue
    await writeLanePlaylists({ plan, lane, state: lanes[lane], revisionPath, frameSeconds, growing: true })
  }
  if (plan.copied !== null)
    await writeCopiedPlaylists(plan.copied, build.copied, { revisionPath, segmentFormat: plan.segmentFormat })
  const hasSound = isSoundDone || (await exists(join(revisionPath, AUDIO_FOLDER, MEDIA_PLAYLIST)))
  const isEmpty = plan.copied === null ? lanes.low.segments.length === 0 : build.copied.pictures === 0
  if (isEmpty || !hasSound) return
  const offered = Object.fromEntries(
    lanesOf(plan).flatMap((lane) => (isOffered(build, lane) ? [[lane, lanes[lane]]] : [])),
  )
  const frameRate = findFrameRate(video)
  // The other sounds and the subtitles join when all is there, as the other rungs do.
  const tracks = { main: planTracks(probe).main, sounds: [], subtitles: [], leftOut: [] }
  const described = await describeRevision({
    plan,
    lanes: offered,
    revisionPath,
    frameRate,
    tracks,
    measured: false,
  })
  await writeFileWhole(join(revisionPath, MULTIVARIANT_PLAYLIST), described.multivariant)
  const revision = {
    id: build._id,
    segmentFormat: plan.segmentFormat,
    renditions: described.renditions,
    audio: described.audio,
    poster: false,
    growing: {
      availableSeconds:
        plan.copied === null
          ? laneSeconds(lanes.low, frameSeconds)
          : copiedSeconds(plan.copied, build.copied.pictures),
    },
  }
  const facts = {
    plan,
    lowUnits: lanes.low.unit,
    speeds: build.speeds,
    durationSeconds: probe.durationSeconds,
  }
  const isAhead = plan.copied !== null || canStart(facts) !== false
  // Whoever was let in stays in: a machine that slowed down since is no reason to stop the player.
  await VideoModel.updateOne(
    {
      ...{ _id: videoId, state: 'transcoding', publishedAt: null, deletedAt: null },
      ...(isAhead ? {} : { playable: true }),
    },
    { $set: { playable: true, revision } },
  )
  await BuildModel.updateOne({ _id: build._id }, { $max: { 'copied.shown': copyMark(build.copied) } })
}

function isOffered({ plan, lanes, speeds }: BuildRecord, lane: Lane): boolean {
  // A copy is far ahead of every encode: a player that changed down would come to the end of what is there.
  if (plan.copied !== null) return false
  if (lane === 'low') return true
  const isNear = lanes.high.segments.length > 0 && lanes.high.unit >= lanes.low.unit - 1
  return isNear && keepsAhead(measureSpeed(plan, speeds))
}
