import type { PlannedUnit } from '#lib/domain/encode-plan'
import type { EncoderName } from '#lib/domain/encoding'
import { AUDIO_FOLDER, INIT_SEGMENT, MEDIA_PLAYLIST, segmentPattern } from '#lib/domain/media-paths'
import type { LadderRung, SegmentFormat } from '#lib/domain/rendition'
import type { SourceProbe, SourceVideo } from '#lib/domain/source-probe'
import { buildInputGuard } from '#lib/media/allowed-formats'
import { keepStart } from '#lib/media/keep-start'
import { MEDIA_LIMITS } from '#lib/media/media-limits'
import { buildNvenc, CARD_DECODE } from '#lib/media/nvenc-arguments'
import { DEFAULT_LADDER } from '#lib/transcode/plan-ladder'
import { SEGMENT_SECONDS } from '#lib/transcode/plan-units'
import { buildVideoFilters, SEAM_HEAD, SEAM_TAIL } from '#lib/transcode/video-filters'

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
  /** Of each libx264; absent is as it was before the plan chose. */
  threads?: number
  /** Decode and scale on the card too; only with NVENC. */
  card: boolean
  /** The first so many rungs are NVENC's, the others libx264's. */
  sessions: number
  /** Whether to convert colours with zscale; without it HDR merely is paler. */
  exactColors: boolean
  unit: PlannedUnit
  /** When segments start, those outside the unit included. */
  boundaries: readonly number[]
  /** Whether to seek to the unit rather than to decode up to it. */
  seek: boolean
  seamSeconds: number
}

/** Seeking aims this much before what is needed first: a demuxer's idea of a time may be off by reordered frames. */
const SEEK_EARLY_SECONDS = 0.5
/** So near to the beginning a key frame to start from is hardly nearer. */
const SEEK_SECONDS_MIN = 2
export const SEAM_HEAD_FILE = 'head.txt' as const
export const SEAM_TAIL_FILE = 'tail.txt' as const
export type SeamFile = typeof SEAM_HEAD_FILE | typeof SEAM_TAIL_FILE
const SEAM_LABELS: Record<SeamFile, string> = { [SEAM_HEAD_FILE]: SEAM_HEAD, [SEAM_TAIL_FILE]: SEAM_TAIL }

/**
 * FFmpeg's arguments for one unit of the ladder: one decode, the sizes scaled from one another, one encoder a rung.
 * Pure. Key frames fall on the same frames in every rung, so segments are aligned. Source timestamps are kept, counted
 * from the file's first packet, so that every unit sees a frame at the same time.
 */
export function planEncode(plan: EncodePlan): string[] {
  const { rungs, unit } = plan
  const window = {
    startSeconds: unit.startSeconds,
    endSeconds: unit.endSeconds ?? MEDIA_LIMITS.durationSecondsMax,
    seamSeconds: plan.seamSeconds,
  }
  const hasTail = unit.endSeconds !== null
  return [
    ...buildSource(plan, planSeek(plan)),
    ...['-filter_complex', buildVideoFilters({ ...plan, window, hasTail })],
    ...rungs.flatMap((rung, index) => buildVideoOutput(plan, rung, isNvenc(plan)(index))),
    ...seamFilesOf(unit).flatMap((name) => buildSeamOutput(plan, SEAM_LABELS[name], name)),
  ]
}

/** The output files that follow those of the rungs: the last picture before each border of the unit. */
export function seamFilesOf({ startSeconds, endSeconds }: PlannedUnit): SeamFile[] {
  return [...(startSeconds > 0 ? [SEAM_HEAD_FILE] : []), ...(endSeconds !== null ? [SEAM_TAIL_FILE] : [])]
}

/**
 * Of more than two channels: the low-frequency one is heard too, which FFmpeg leaves out by default, and the sum is scaled so
 * that six loud channels at once do not clip, which it does only for whole-number samples.
 */
const DOWNMIX = 'lfe_mix_level=0.5:rematrix_maxval=1'

/** FFmpeg's arguments for the sound, whole, as its own rendition. Pure. */
export function planSound(plan: {
  inputPath: string
  /** Holds the existing folder for the sound. */
  outputPath: string
  /** FFmpeg's name of the source's container. */
  container: string
  streamIndex: number
  /** Where another sound than the main one goes. */
  folder?: string
  segmentFormat: SegmentFormat
}): string[] {
  return [
    ...buildInputGuard(),
    ...keepStart(plan.container),
    ...['-t', String(MEDIA_LIMITS.durationSecondsMax), '-i', `file:${plan.inputPath}`],
    ...['-map', `0:${plan.streamIndex}`, '-map_metadata', '-1', '-map_chapters', '-1', '-vn'],
    // Silence fills a late start and gaps; what plays before the picture's zero is cut.
    ...['-af', `aresample=async=1:first_pts=0:${DOWNMIX}`, '-c:a', 'aac', '-b:a', String(AUDIO_BITRATE_BPS)],
    ...['-ac', '2', '-ar', '48000'],
    // The list of segments is replaced in one step after each, and names only those that are whole.
    ...['-f', 'hls', '-hls_time', String(SEGMENT_SECONDS), '-hls_playlist_type', 'event'],
    ...['-hls_flags', 'independent_segments+temp_file'],
    ...buildSegmenter(plan, plan.folder ?? AUDIO_FOLDER, 0),
  ]
}

/** Where to begin reading: null for the beginning. */
function planSeek({ unit, seek, seamSeconds }: EncodePlan): number | null {
  const from = unit.startSeconds - seamSeconds - SEEK_EARLY_SECONDS
  return seek && from > SEEK_SECONDS_MIN ? from : null
}

/** Which rungs, counted from the largest, NVENC encodes. */
function isNvenc({ encoder, sessions }: EncodePlan): (index: number) => boolean {
  return (index) => encoder === 'h264_nvenc' && index < sessions
}

function buildSource({ inputPath, card, probe }: EncodePlan, seekSeconds: number | null): string[] {
  return [
    ...buildInputGuard(),
    // Broken packets are dropped and counted, not fatal: damage is judged afterwards.
    ...['-err_detect', 'ignore_err', '-max_pixels', String(MEDIA_LIMITS.pixelsMax)],
    ...(seekSeconds === null ? [] : ['-noaccurate_seek', '-ss', seekSeconds.toFixed(6)]),
    ...(card ? CARD_DECODE : []),
    ...keepStart(probe.container),
    ...['-copyts', '-start_at_zero', '-i', `file:${inputPath}`],
  ]
}

function buildVideoOutput(plan: EncodePlan, rung: LadderRung, nvenc: boolean): string[] {
  return [
    ...['-map', `[${rung.name}]`, '-map_metadata', '-1', '-map_chapters', '-1'],
    ...['-fps_mode', 'vfr', '-enc_time_base', TIME_BASE],
    ...(nvenc ? buildNvenc((rung.crf ?? DEFAULT_LADDER.crf) + NVENC_OFFSET) : buildX264(rung, plan.threads)),
    // Only the forced key frames decide; -g is out of the way even where the declared frame rate is wrong.
    ...['-force_key_frames', planKeyFrames(plan), '-forced-idr', '1', '-g', '100000'],
    ...[
      ...['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-color_range', 'tv'],
      '-bsf:v',
      TRUE_DURATIONS,
      '-profile:v',
      'high',
      '-maxrate',
      String(rung.maxBitrateBps),
      '-bufsize',
      String(2 * rung.maxBitrateBps),
    ],
    // With a length of next to nothing the muxer cuts at every key frame, and there are none but ours.
    // The list of segments is replaced in one step after each, and names only those that are whole: they are proved at once.
    ...['-f', 'hls', '-hls_time', '0.001', '-hls_playlist_type', 'event'],
    ...['-hls_flags', 'independent_segments+temp_file', '-start_number', String(plan.unit.firstSegment)],
    ...buildSegmenter(plan, rung.name, plan.unit.firstSegment),
  ]
}

/**
 * The times of the boundaries inside the unit; its first frame is a key frame anyway. FFmpeg compares a list with a
 * frame's own time, but takes only one entry a frame: after a gap each of the next frames would be one. So where a unit is
 * long, a formula says it, which counts from the unit's first frame (ffmpeg.c, `forced_kf_ref_pts`).
 */
function planKeyFrames({ unit, boundaries }: EncodePlan): string {
  const { startSeconds, endSeconds } = unit
  const inside = boundaries.filter((at) => at > startSeconds && at < (endSeconds ?? Number.POSITIVE_INFINITY))
  if (inside.length === 0) return '0'
  if (inside.length <= LISTED_MAX) return inside.map((at) => at.toFixed(6)).join(',')
  const cell = (time: string) => `floor((${time}+0.000001)/${SEGMENT_SECONDS})`
  return `expr:isnan(prev_forced_t)+gt(${cell('t')},${cell('prev_forced_t')})`
}

const LISTED_MAX = 40
/** NVENC's scale says as much more for about the same picture. */
const NVENC_OFFSET = 3

function buildSeamOutput({ outputPath }: EncodePlan, label: string, name: string): string[] {
  return [
    ...['-map', `[${label}]`, '-fps_mode', 'vfr', '-enc_time_base', TIME_BASE],
    ...['-c:v', 'rawvideo', '-f', 'framecrc', `${outputPath}/${name}`],
  ]
}

function buildX264({ width, height, crf = DEFAULT_LADDER.crf }: LadderRung, most = 16): string[] {
  // Small pictures cannot feed many threads; the limit keeps memory down on machines with many cores.
  const threads = width * height > 500_000 ? most : Math.min(most, 4)
  return [
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'veryfast',
      '-crf',
      String(crf),
      '-flags',
      '+cgop',
      '-sc_threshold',
      '0',
    ],
    ...['-threads:v', String(threads)],
  ]
}

function buildSegmenter(
  { outputPath, segmentFormat }: { outputPath: string; segmentFormat: SegmentFormat },
  folder: string,
  firstSegment: number,
): string[] {
  return [
    ...['-output_ts_offset', String(TIMELINE_START_SECONDS)],
    ...(segmentFormat === 'fmp4'
      ? buildFragmenter(firstSegment)
      : ['-hls_segment_type', 'mpegts', '-muxdelay', '0', '-muxpreload', '0']),
    ...['-hls_segment_filename', `${outputPath}/${folder}/${segmentPattern(segmentFormat)}`],
    `${outputPath}/${folder}/${MEDIA_PLAYLIST}`,
  ]
}

/**
 * No edit list (browsers ignore them) and absolute decoding times; both levels of muxer must leave timestamps alone.
 * Fragments are numbered through, whichever run wrote them. Without an index in each (sidx) the muxer does not bend the
 * first picture of a fragment to where the one before seemed to end (movenc.c): with uneven times that was up to a frame off.
 */
function buildFragmenter(firstSegment: number): string[] {
  return [
    ...['-hls_segment_type', 'fmp4', '-hls_fmp4_init_filename', INIT_SEGMENT],
    ...['-avoid_negative_ts', 'disabled', '-hls_segment_options'],
    `use_editlist=0:movflags=+frag_discont+skip_sidx:avoid_negative_ts=disabled:fragment_index=${firstSegment + 1}`,
  ]
}
