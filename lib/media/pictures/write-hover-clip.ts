import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { HOVER_CLIP } from '#lib/domain/media-paths'
import { buildStandardColors } from '#lib/media/color-filters'
import { buildPictureInput } from '#lib/media/pictures/build-picture-input'
import type { Moment } from '#lib/media/pictures/choose-pictures'
import type { SurveyedSource } from '#lib/media/pictures/write-pictures'
import type { Written } from '#lib/media/pictures/write-poster'
import { requireUndisturbed, runFfmpeg } from '#lib/media/run-ffmpeg'

/** The longer side: a card is 300 to 400 points wide. */
const SIDE_MAX = 480
const FRAME_RATE = 15
/** With 4 s this is at most 250 kB. */
const BITRATE_BPS_MAX = 500_000
const DEADLINE_MS = 180_000

/**
 * Writes `hover.mp4`: the moments one after the other, small and silent, H.264 4:2:0 that begins to play with its first
 * bytes. @throws cancelled, disk_full
 */
export async function writeHoverClip(source: SurveyedSource, moments: readonly Moment[]): Promise<Written> {
  const { tools, sourcePath, outputPath, video, signal } = source
  const path = join(outputPath, HOVER_CLIP)
  const result = await runFfmpeg({
    tools,
    inputPath: sourcePath,
    outputPath,
    buildArguments: ({ input, output }) => buildHoverArguments({ ...source, input, output, moments }),
    // Each moment has a decoder of its own.
    pixels: video.codedWidth * video.codedHeight * moments.length,
    deadlineMs: DEADLINE_MS,
    background: true,
    signal,
  })
  requireUndisturbed(result)
  const { size } = await stat(path).catch(() => ({ size: 0 }))
  if (result.reason === null && size > 0 && (result.counts.outputs[0]?.frames ?? 0) > 0) {
    return { written: true, log: [] }
  }
  await rm(path, { force: true })
  const sentence = `There is no hover clip: the source could not be read in places (${result.reason ?? 'no frames'}).`
  return { written: false, log: [...result.log.slice(-10), sentence] }
}

/** Pure. One input a moment, so that only the moments are decoded. */
export function buildHoverArguments(
  hover: Pick<SurveyedSource, 'video' | 'exactColors' | 'onKeyFrames'> & {
    input: string
    output: string
    moments: readonly Moment[]
  },
): string[] {
  const { video, exactColors, input, output, moments, onKeyFrames } = hover
  const scale = Math.min(1, SIDE_MAX / Math.max(video.width, video.height))
  const side = (pixels: number) => Math.max(16, 2 * Math.round((pixels * scale) / 2))
  const filters = [
    ...(video.interlaced ? ['bwdif=mode=send_frame:deint=interlaced'] : []),
    `fps=${FRAME_RATE}`,
    ...buildStandardColors(
      video,
      `scale=${side(video.width)}:${side(video.height)}:flags=bicubic`,
      exactColors,
    ),
    ...['format=yuv420p', 'setsar=1'],
  ]
  const graph = [
    ...moments.map((_, index) => `[${index}:${video.streamIndex}]${filters.join(',')}[moment${index}]`),
    `${moments.map((_, index) => `[moment${index}]`).join('')}concat=n=${moments.length}:v=1:a=0[clip]`,
  ].join(';')
  const total = moments.reduce((sum, { lengthSeconds }) => sum + lengthSeconds, 0)
  return [
    ...moments.flatMap(({ startSeconds, lengthSeconds }) => [
      ...['-threads', '2'],
      ...buildPictureInput({
        ...{ input, timeSeconds: startSeconds, lengthSeconds },
        ...{ onKeyFrame: onKeyFrames, frameRate: video.frameRate },
      }),
    ]),
    ...['-filter_complex', graph, '-map', '[clip]', '-t', total.toFixed(3), '-map_metadata', '-1'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-profile:v', 'main', '-crf', '29', '-threads:v', '2'],
    ...['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'],
    ...['-maxrate', String(BITRATE_BPS_MAX), '-bufsize', String(BITRATE_BPS_MAX)],
    ...['-movflags', '+faststart', '-f', 'mp4', '-y', `file:${output}/${HOVER_CLIP}`],
  ]
}
