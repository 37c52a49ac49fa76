import { findUploadShare } from '#lib/catalog/find-upload-share'
import { presentMaking } from '#lib/catalog/present-making'
import { UserModel } from '#lib/db/models/user'
import type { VideoRecord } from '#lib/db/models/video'
import { findGrant } from '#lib/domain/grant'
import { CAPTIONS, HOVER_CLIP, MULTIVARIANT_PLAYLIST, POSTER, STORYBOARD } from '#lib/domain/media-paths'
import { authorize, canSeeSource, type Viewer, type WatchProof } from '#lib/domain/permissions'
import type { VideoView } from '#lib/domain/video-view'
import { errorMessage } from '#lib/errors'
import { buildMediaUrl } from '#lib/stream/media-url'

/**
 * Records as the API shows them to `viewer`, in the same order. Owners are read in one query. `proof` is what they
 * show beside who they are, where it is about one video.
 */
export async function presentVideos(
  records: VideoRecord[],
  viewer: Viewer | null,
  proof: WatchProof = {},
): Promise<VideoView[]> {
  const ownerIds = [...new Set(records.map((record) => record.ownerId))]
  const owners = await UserModel.find({ _id: { $in: ownerIds } }, { name: 1 })
    .setOptions({ sanitizeFilter: false })
    .lean()
  const names = new Map(owners.map((owner) => [owner._id, owner.name]))
  const making = await presentMaking(records)
  return Promise.all(
    records.map(async (record) => ({
      ...presentVideo(record, names.get(record.ownerId) ?? 'Deleted user', viewer, proof),
      making: making.get(record._id) ?? null,
      ...(record.state === 'uploading' && { progress: await findUploadShare(record) }),
    })),
  )
}

function presentVideo(
  record: VideoRecord,
  ownerName: string,
  viewer: Viewer | null,
  proof: WatchProof,
): VideoView {
  return {
    id: record._id,
    title: record.title,
    description: record.description,
    tags: record.tags,
    state: record.state,
    playable: record.playable && !record.quarantine,
    progress: record.progress,
    error: presentError(record),
    visibility: record.visibility,
    durationSeconds: record.durationSeconds,
    width: record.width,
    height: record.height,
    createdAt: record.createdAt.toISOString(),
    publishedAt: record.publishedAt?.toISOString() ?? null,
    owner: { id: record.ownerId, name: ownerName },
    source: presentSource(record, viewer),
    playback: presentPlayback(record, viewer, proof),
    renditions: record.revision?.renditions ?? [],
    tracks: presentTracks(record),
    early: presentEarly(record, viewer),
    making: null,
  }
}

function presentEarly(
  { early, playable, ...record }: VideoRecord,
  viewer: Viewer | null,
): VideoView['early'] {
  if (!early || playable || !canSeeSource(viewer, record)) return null
  return { availableSeconds: early.availableSeconds, sentence: early.sentence }
}

/** What the owner can watch of a file that is still being uploaded. */
function presentEarlyPlayback(record: VideoRecord, viewer: Viewer | null): VideoView['playback'] {
  const { early } = record
  if (!early?.id || early.availableSeconds === 0 || record.playable || record.quarantine) return null
  if (!canSeeSource(viewer, record)) return null
  const grant = findGrant('account', viewer, {})
  const place = { videoId: record._id, revisionId: early.id, path: MULTIVARIANT_PLAYLIST, grant }
  return { hls: buildMediaUrl(place), poster: null, storyboard: null, hover: null, captions: [] }
}

function presentTracks({ revision }: VideoRecord): VideoView['tracks'] {
  const { main, sounds, leftOut } = revision?.tracks ?? { main: null, sounds: [], leftOut: [] }
  const all = main === null ? [] : [main, ...sounds]
  return { sounds: all.map(({ language, name }) => ({ language, label: name })), leftOut }
}

function presentError({ failure, quarantine }: VideoRecord): VideoView['error'] {
  if (quarantine) return { code: 'quarantined', message: errorMessage('quarantined') }
  return failure && { code: failure.code, message: failure.message }
}

/** A file name can tell whose it is and what it was; a hash, that somebody has the very same file. */
function presentSource(record: VideoRecord, viewer: Viewer | null): VideoView['source'] {
  const { filename, sizeBytes, sha256 } = record.source
  return canSeeSource(viewer, record)
    ? { filename, sizeBytes, sha256 }
    : { filename: null, sizeBytes, sha256: null }
}

function presentPlayback(
  record: VideoRecord,
  viewer: Viewer | null,
  proof: WatchProof,
): VideoView['playback'] {
  const { revision } = record
  // A listing for administration may name videos whose pictures this viewer's token does not reach.
  const reason = authorize(viewer, record, proof)
  if (!record.playable || record.quarantine || revision === null || reason === null)
    return presentEarlyPlayback(record, viewer)
  const grant = findGrant(reason, viewer, proof)
  const url = (path: string) => buildMediaUrl({ videoId: record._id, revisionId: revision.id, path, grant })
  return {
    hls: url(MULTIVARIANT_PLAYLIST),
    poster: revision.poster ? url(POSTER) : null,
    storyboard: revision.storyboard ? url(STORYBOARD) : null,
    hover: revision.hover ? url(HOVER_CLIP) : null,
    captions: (revision.tracks?.subtitles ?? []).map(({ folder, language, name }) => ({
      language: language ?? 'und',
      label: name,
      url: url(`${folder}/${CAPTIONS}`),
    })),
  }
}
