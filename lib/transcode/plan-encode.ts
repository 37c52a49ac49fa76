import type { EncoderName } from '#lib/domain/encoding'
import { AUDIO_FOLDER, INIT_SEGMENT, MEDIA_PLAYLIST, segmentPattern } from '#lib/domain/media-paths'
import type { LadderRung, SegmentFormat } from '#lib/domain/rendition'
import type { SourceProbe, SourceVideo } from '#lib/domain/source-probe'
import { buildInputGuard } from '#lib/media/allowed-formats'
import { MEDIA_LIMITS } from '#lib/media/media-limits'
import { buildVideoFilters } from '#lib/transcode/video-filters'

export const SEGMENT_SECONDS = 4
export const AUDIO_BITRATE_BPS = 128_000
/**
 * Every timestamp starts here, not at 0. B-frames make the first decoding time earlier than the first picture; at 0 that
 * would be negative, and the muxer would shift the video (only) by two frames against the sound.
 */
export const TIMELINE_START_SECONDS = 10
/** Ticks that hold the times of a variable frame rate exactly; FFmpeg would round them to 1/frame rate. */
const TIME_BASE = '1:90000'
/**
 * FFmpeg gives every packet the average duration. With a variable frame rate the muxer would start each segment where the
 * previous one ended by that reckoning, up to a frame off.
 */
const TRUE_DURATIONS = "setts=pts=PTS:dts=DTS:duration='if(eq(NEXT_DTS,NOPTS),DURATION,NEXT_DTS-DTS)'"

export interface EncodePlan {
  inputPath: string
  /** Holds one existing folder a rung, and one for the sound. */
  outputPath: string
  probe: SourceProbe & { video: SourceVideo }
  rungs: readonly LadderRung[]
  segmentFormat: SegmentFormat
  encoder: EncoderName
  /** Whether to map high dynamic range to standard; without it colours are merely paler. */
  toneMap: boolean
}

/**
 * FFmpeg's arguments for the whole ladder: one decode, the sizes scaled from one another, one encoder a rung, and the
 * sound once as its own rendition. Pure. Key frames fall on the same frames in every rung, so segments are aligned.
 */
export function planEncode(plan: EncodePlan): string[] {
  const { probe, rungs, inputPath } = plan
  return [
    ...buildInputGuard(),
    // Broken packets are dropped and counted, not fatal: damage is judged afterwards.
    ...['-err_detect', 'ignore_err', '-max_pixels', String(MEDIA_LIMITS.pixelsMax)],
    ...['-t', String(MEDIA_LIMITS.durationSecondsMax), '-i', `file:${inputPath}`],
    ...['-filter_complex', buildVideoFilters(plan)],
    ...rungs.flatMap((rung) => buildVideoOutput(plan, rung)),
    ...(probe.audio ? buildAudioOutput(plan, probe.audio.streamIndex) : []),
  ]
}

function buildVideoOutput(plan: EncodePlan, rung: LadderRung): string[] {
  return [
    ...['-map', `[${rung.name}]`, '-map_metadata', '-1', '-map_chapters', '-1'],
    ...['-fps_mode', 'vfr', '-enc_time_base', TIME_BASE],
    ...(plan.encoder === 'libx264' ? buildX264(rung) : buildNvenc(rung)),
    // Only the forced key frames decide; -g is out of the way even where the declared frame rate is wrong.
    ...['-force_key_frames', `expr:gte(t,n_forced*${SEGMENT_SECONDS})`, '-forced-idr', '1', '-g', '1000'],
    ...[
      '-bsf:v',
      TRUE_DURATIONS,
      '-profile:v',
      'high',
      '-maxrate',
      String(rung.maxBitrateBps),
      '-bufsize',
      String(2 * rung.maxBitrateBps),
    ],
    ...buildSegmenter(plan, rung.name),
  ]
}

function buildX264({ width, height }: LadderRung): string[] {
  // Small pictures cannot feed many threads; the limit keeps memory down on machines with many cores.
  const threads = width * height > 500_000 ? 16 : 4
  return [
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '23', '-flags', '+cgop', '-sc_threshold', '0'],
    ...['-threads:v', String(threads)],
  ]
}

function buildNvenc(_rung: LadderRung): string[] {
  return [
    ...['-c:v', 'h264_nvenc', '-preset', 'p4', '-rc', 'vbr', '-cq', '26', '-b:v', '0'],
    ...['-bf', '2', '-no-scenecut', '1', '-strict_gop', '1'],
  ]
}

function buildAudioOutput(plan: EncodePlan, streamIndex: number): string[] {
  return [
    ...['-map', `0:${streamIndex}`, '-map_metadata', '-1', '-map_chapters', '-1'],
    // Silence fills a late start and gaps; what plays before the picture's zero is cut.
    ...['-af', 'aresample=async=1:first_pts=0', '-c:a', 'aac', '-b:a', String(AUDIO_BITRATE_BPS)],
    ...['-ac', '2', '-ar', '48000'],
    ...buildSegmenter(plan, AUDIO_FOLDER),
  ]
}

function buildSegmenter({ outputPath, segmentFormat }: EncodePlan, folder: string): string[] {
  return [
    ...['-f', 'hls', '-hls_time', String(SEGMENT_SECONDS), '-hls_playlist_type', 'vod'],
    ...['-hls_flags', 'independent_segments', '-output_ts_offset', String(TIMELINE_START_SECONDS)],
    ...(segmentFormat === 'fmp4'
      ? buildFragmenter()
      : ['-hls_segment_type', 'mpegts', '-muxdelay', '0', '-muxpreload', '0']),
    ...['-hls_segment_filename', `${outputPath}/${folder}/${segmentPattern(segmentFormat)}`],
    `${outputPath}/${folder}/${MEDIA_PLAYLIST}`,
  ]
}

/** No edit list (browsers ignore them) and absolute decoding times; both levels of muxer must leave timestamps alone. */
function buildFragmenter(): string[] {
  return [
    ...[
      '-hls_segment_type',
      'fmp4',
      '-hls_fmp4_init_filename',
      INIT_SEGMENT,
      '-avoid_negative_ts',
      'disabled',
    ],
    ...['-hls_segment_options', 'use_editlist=0:movflags=+frag_discont:avoid_negative_ts=disabled'],
  ]
}
