import { join } from 'node:path'
import { AUDIO_FOLDER, MEDIA_PLAYLIST } from '#lib/domain/media-paths'
import type { AudioRendition, LadderRung, Rendition } from '#lib/domain/rendition'
import { PeekrError } from '#lib/errors'
import { AAC_CODEC } from '#lib/hls/codec-string'
import { type FinishedRendition, finishRendition, type VideoTimeline } from '#lib/hls/finish-rendition'
import { type AudioGroup, type Variant, writeMultivariantPlaylist } from '#lib/hls/multivariant-playlist'

export interface Collected {
  renditions: Rendition[]
  audio: AudioRendition | null
  durationSeconds: number
  /** The text of the multivariant playlist. */
  multivariant: string
}

const CHANNELS = 2

/**
 * Finishes every rendition FFmpeg left in a folder and describes the whole.
 * @throws encode_failed when a rung has no segment or no codec.
 */
export async function collectRenditions(
  outputPath: string,
  rungs: readonly LadderRung[],
  frameRate: number | null,
  timeline: VideoTimeline,
): Promise<Collected> {
  const finished = await Promise.all(rungs.map(({ name }) => finishVideo(join(outputPath, name), timeline)))
  const variants = rungs.map(({ name, width, height }, index): Variant => {
    const { peakBps, averageBps, videoCodec } = finished[index] as FinishedVideo
    return {
      uri: `${name}/${MEDIA_PLAYLIST}`,
      width,
      height,
      frameRate,
      peakBps,
      averageBps,
      codecs: videoCodec,
    }
  })
  const sound = await finishRendition(join(outputPath, AUDIO_FOLDER), null)
  const group = sound && toAudioGroup(sound)
  return {
    renditions: variants.map(({ width, height, peakBps, codecs }, index) => ({
      name: rungs[index]?.name ?? '',
      width,
      height,
      bitrateBps: peakBps,
      codecs,
    })),
    audio: group && { bitrateBps: group.peakBps, codecs: group.codecs, channels: group.channels },
    durationSeconds: Math.max(...finished.map(({ durationSeconds }) => durationSeconds)),
    multivariant: writeMultivariantPlaylist(variants, group),
  }
}

interface FinishedVideo extends FinishedRendition {
  videoCodec: string
}

async function finishVideo(folder: string, timeline: VideoTimeline): Promise<FinishedVideo> {
  const finished = await finishRendition(folder, timeline)
  if (finished?.videoCodec) return { ...finished, videoCodec: finished.videoCodec }
  throw new PeekrError('encode_failed', { details: { folder, finished } })
}

function toAudioGroup({ peakBps, averageBps }: FinishedRendition): AudioGroup {
  return {
    uri: `${AUDIO_FOLDER}/${MEDIA_PLAYLIST}`,
    peakBps,
    averageBps,
    codecs: AAC_CODEC,
    channels: CHANNELS,
  }
}
