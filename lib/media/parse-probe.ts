import { z } from 'zod'
import type { SourceAudio, SourceProbe, SourceSubtitle, SourceVideo } from '#lib/domain/source-probe'
import { PeekrError } from '#lib/errors'

/** ffprobe writes numbers as text, and leaves out or writes N/A for what it does not know. */
const number = z
  .union([z.string(), z.number()])
  .transform((value) => (value === '' ? Number.NaN : Number(value)))
  .transform((value) => (Number.isFinite(value) ? value : null))
  .nullish()
  .transform((value) => value ?? null)

const text = z
  .string()
  .nullish()
  .transform((value) => (value && value !== 'unknown' ? value : null))

const Stream = z.object({
  index: z.number(),
  codec_type: text,
  codec_name: text,
  profile: text,
  level: number,
  width: number,
  height: number,
  sample_aspect_ratio: text,
  pix_fmt: text,
  bits_per_raw_sample: number,
  field_order: text,
  color_transfer: text,
  color_primaries: text,
  color_space: text,
  color_range: text,
  avg_frame_rate: text,
  r_frame_rate: text,
  nb_frames: number,
  start_time: number,
  duration: number,
  channels: number,
  sample_rate: number,
  disposition: z.object({ attached_pic: number, still_image: number, default: number }).partial().optional(),
  tags: z.record(z.string(), z.string()).optional(),
  side_data_list: z.array(z.object({ rotation: number }).loose()).optional(),
})
type Stream = z.infer<typeof Stream>

const Output = z.object({
  streams: z.array(Stream).default([]),
  format: z.object({ format_name: z.string(), start_time: number, duration: number }),
})

/**
 * ffprobe's JSON as a SourceProbe. Pure. What it does not say, or says as 0 or N/A, is null.
 * @throws source_not_video when it is not ffprobe's JSON at all.
 */
export function parseProbe(json: unknown): SourceProbe {
  const parsed = Output.safeParse(json)
  if (!parsed.success) throw new PeekrError('source_not_video', { cause: parsed.error })
  const { streams, format } = parsed.data
  const pictures = streams.filter(({ codec_type }) => codec_type === 'video')
  const videoStream = pickDefault(pictures.filter((stream) => !isCover(stream)))
  const audioStreams = streams.filter(({ codec_type, channels }) => codec_type === 'audio' && channels !== 0)
  const audioStream = pickDefault(audioStreams)
  const video = videoStream ? withIndexedDuration(toVideo(videoStream), format.format_name) : null
  return {
    container: format.format_name,
    durationSeconds: video?.durationSeconds ?? positive(format.duration),
    startSeconds: format.start_time,
    streamCount: streams.length,
    video,
    audio: audioStream ? toAudio(audioStream) : null,
    sounds: audioStreams.flatMap((stream) => toAudio(stream) ?? []),
    subtitles: streams
      .filter(({ codec_type }) => codec_type === 'subtitle')
      .flatMap((stream) => toSubtitle(stream) ?? []),
    hasCoverArt: pictures.some(isCover),
  }
}

function pickDefault(streams: Stream[]): Stream | undefined {
  return streams.find(({ disposition }) => disposition?.default === 1) ?? streams[0]
}

function isCover({ disposition }: Stream): boolean {
  return disposition?.attached_pic === 1 || disposition?.still_image === 1
}

function toVideo(stream: Stream): SourceVideo | null {
  const { width, height } = stream
  if (!stream.codec_name || !width || !height) return null
  const rotationDegrees = findRotation(stream)
  const ratio = parseRatio(stream.sample_aspect_ratio, ':') ?? 1
  // A sample aspect ratio beyond 10 is a broken header, not an anamorphic lens.
  const shownWidth = ratio > 0.1 && ratio < 10 ? Math.max(1, Math.round(width * ratio)) : width
  const turned = rotationDegrees % 180 !== 0
  return {
    streamIndex: stream.index,
    codec: stream.codec_name,
    profile: stream.profile,
    level: positive(stream.level),
    pixelFormat: stream.pix_fmt,
    bitDepth: positive(stream.bits_per_raw_sample) ?? findBitDepth(stream.pix_fmt),
    codedWidth: width,
    codedHeight: height,
    width: turned ? height : shownWidth,
    height: turned ? shownWidth : height,
    rotationDegrees,
    frameRate: parseRatio(stream.avg_frame_rate, '/') ?? parseRatio(stream.r_frame_rate, '/'),
    frameCount: positive(stream.nb_frames),
    startSeconds: stream.start_time,
    durationSeconds: findDuration(stream),
    interlaced: ['tt', 'bb', 'tb', 'bt'].includes(stream.field_order ?? ''),
    colorTransfer: stream.color_transfer,
    colorPrimaries: stream.color_primaries,
    colorSpace: stream.color_space,
    colorRange: stream.color_range,
  }
}

/** For an AVI that was cut off FFmpeg guesses a duration from its size; the header still says how many frames there were. */
function withIndexedDuration(video: SourceVideo | null, container: string): SourceVideo | null {
  if (container !== 'avi' || !video?.frameCount || !video.frameRate) return video
  const indexed = video.frameCount / video.frameRate
  return { ...video, durationSeconds: Math.max(video.durationSeconds ?? 0, indexed) }
}

function toAudio(stream: Stream): SourceAudio | null {
  if (!stream.codec_name) return null
  return {
    streamIndex: stream.index,
    codec: stream.codec_name,
    channels: positive(stream.channels),
    sampleRate: positive(stream.sample_rate),
    startSeconds: stream.start_time,
    durationSeconds: findDuration(stream),
    language: findTag(stream, 'language'),
    title: findTag(stream, 'title'),
  }
}

function toSubtitle(stream: Stream): SourceSubtitle | null {
  if (!stream.codec_name) return null
  const [language, title] = [findTag(stream, 'language'), findTag(stream, 'title')]
  return { streamIndex: stream.index, codec: stream.codec_name, language, title }
}

const TAG_LENGTH_MAX = 200

/** Demuxers write the same tag in capitals or not. */
function findTag({ tags }: Stream, wanted: string): string | null {
  const value = Object.entries(tags ?? {}).find(([name]) => name.toLowerCase() === wanted)?.[1]
  return value ? value.slice(0, TAG_LENGTH_MAX) : null
}

/** The display matrix counts anticlockwise, the old `rotate` tag clockwise. Only right angles are applied. */
function findRotation({ side_data_list, tags }: Stream): number {
  const matrix = side_data_list?.map(({ rotation }) => rotation).find((value) => value !== null)
  const clockwise = matrix !== undefined && matrix !== null ? -matrix : Number(tags?.rotate ?? 0)
  const quarter = Math.round(clockwise / 90) * 90
  return Number.isFinite(quarter) ? ((quarter % 360) + 360) % 360 : 0
}

/** Matroska keeps a stream's duration in a tag such as `00:00:12.345000000`. */
function findDuration({ duration, tags }: Stream): number | null {
  const tag = Object.entries(tags ?? {}).find(([name]) => /^DURATION(?:-eng)?$/i.test(name))?.[1]
  const [, hours, minutes, seconds] = /^(\d+):(\d\d):(\d\d(?:\.\d+)?)$/.exec(tag ?? '') ?? []
  const tagged = seconds ? Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) : null
  return positive(duration) ?? positive(tagged)
}

function findBitDepth(pixelFormat: string | null): number | null {
  if (pixelFormat === null) return null
  const [, depth] = /p(9|10|12|14|16)(?:le|be)?$/.exec(pixelFormat) ?? []
  return depth ? Number(depth) : 8
}

function parseRatio(ratio: string | null, sign: ':' | '/'): number | null {
  const [above, below] = (ratio ?? '').split(sign).map(Number)
  return above && below && Number.isFinite(above / below) ? above / below : null
}

function positive(value: number | null | undefined): number | null {
  return value !== null && value !== undefined && value > 0 ? value : null
}
