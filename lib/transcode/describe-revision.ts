import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CopiedRung } from '#lib/domain/copy-plan'
import type { EncodePlan, Lane } from '#lib/domain/encode-plan'
import type { LaneState } from '#lib/domain/lane-state'
import { AUDIO_FOLDER, MEDIA_PLAYLIST } from '#lib/domain/media-paths'
import type { AudioRendition, LadderRung, Rendition } from '#lib/domain/rendition'
import type { KeptTrack, RevisionTracks } from '#lib/domain/tracks'
import { PeekrError } from '#lib/errors'
import { AAC_CODEC } from '#lib/hls/codec-string'
import { findFileCodec } from '#lib/hls/find-file-codec'
import { type MediaPlaylist, parseMediaPlaylist } from '#lib/hls/media-playlist'
import { type AudioGroup, type Variant, writeMultivariantPlaylist } from '#lib/hls/multivariant-playlist'
import { buildLanePlaylist, measurePlaylist } from '#lib/transcode/lane-playlist'
import { AUDIO_BITRATE_BPS } from '#lib/transcode/plan-encode'

export interface Described {
  renditions: Rendition[]
  audio: AudioRendition | null
  /** The text of the multivariant playlist. */
  multivariant: string
}

const CHANNELS = 2

/**
 * Describes the rungs of some lanes of a revision, and its sound where there is some.
 * @param options.measured whether everything is there, so that bit rates can be measured; until then the plan's caps are
 * said, which a player may rely on as well.
 * @throws encode_failed when a rung has no segment or no codec.
 */
export async function describeRevision(options: {
  plan: EncodePlan
  lanes: Partial<Record<Lane, LaneState>>
  revisionPath: string
  frameRate: number | null
  tracks: RevisionTracks
  measured: boolean
}): Promise<Described> {
  const { plan, lanes, revisionPath, frameRate, tracks, measured } = options
  const variants: (Variant & { name: string })[] = plan.copied ? [describeCopied(plan.copied, frameRate)] : []
  for (const rung of plan.rungs) {
    const lane = plan.lowRungs.includes(rung.name) ? lanes.low : lanes.high
    if (lane === undefined) continue
    const playlist = buildLanePlaylist(plan, lane, rung.name, 1 / (frameRate ?? 30))
    const folder = join(revisionPath, rung.name)
    const bitrate = measured
      ? await measurePlaylist(folder, playlist)
      : { peakBps: rung.maxBitrateBps, averageBps: rung.maxBitrateBps }
    variants.push({
      ...bitrate,
      name: rung.name,
      uri: `${rung.name}/${MEDIA_PLAYLIST}`,
      width: rung.width,
      height: rung.height,
      frameRate,
      codecs: await getCodec(folder, playlist, rung),
    })
  }
  const sound = plan.copied?.plan.sound ?? null
  const main = tracks.main ?? { language: null, name: 'Original' }
  const group = sound
    ? { ...sound, ...main, uri: `${AUDIO_FOLDER}/${MEDIA_PLAYLIST}`, codecs: AAC_CODEC }
    : await describeSound(revisionPath, { ...main, folder: AUDIO_FOLDER }, measured)
  const others = await Promise.all(tracks.sounds.map((track) => describeSound(revisionPath, track, measured)))
  const subtitles = tracks.subtitles.map(({ folder, language, name }) => ({
    uri: `${folder}/${MEDIA_PLAYLIST}`,
    language,
    name,
  }))
  return {
    renditions: variants.map(({ name, width, height, peakBps, codecs }) => ({
      name,
      width,
      height,
      bitrateBps: peakBps,
      codecs,
    })),
    audio: group && { bitrateBps: group.peakBps, codecs: group.codecs, channels: group.channels },
    multivariant: writeMultivariantPlaylist(
      variants,
      group ? [group, ...others.flatMap((other) => other ?? [])] : [],
      subtitles,
    ),
  }
}

function describeCopied({ rung, plan }: CopiedRung, frameRate: number | null): Variant & { name: string } {
  const { name, width, height } = rung
  const { averageBps, peakBps, codecs } = plan
  return { name, width, height, frameRate, averageBps, peakBps, codecs, uri: `${name}/${MEDIA_PLAYLIST}` }
}

async function getCodec(folder: string, playlist: MediaPlaylist, rung: LadderRung): Promise<string> {
  const name = playlist.initSegment ?? playlist.segments[0]?.name
  const codec = name === undefined ? null : await findFileCodec(join(folder, name))
  if (codec !== null) return codec
  throw new PeekrError('encode_failed', { details: { rendition: rung.name, withoutCodec: true } })
}

async function describeSound(
  revisionPath: string,
  { folder: name, ...label }: KeptTrack,
  measured: boolean,
): Promise<AudioGroup | null> {
  const folder = join(revisionPath, name)
  const text = await readFile(join(folder, MEDIA_PLAYLIST), 'utf8').catch(nullIfAbsent)
  if (text === null) return null
  const bitrate = measured
    ? await measurePlaylist(folder, parseMediaPlaylist(text))
    : { peakBps: AUDIO_BITRATE_BPS, averageBps: AUDIO_BITRATE_BPS }
  return { ...bitrate, ...label, uri: `${name}/${MEDIA_PLAYLIST}`, codecs: AAC_CODEC, channels: CHANNELS }
}

function nullIfAbsent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
