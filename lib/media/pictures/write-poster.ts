import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { POSTER } from '#lib/domain/media-paths'
import { buildJpegColors, buildStandardColors } from '#lib/media/color-filters'
import { buildPictureInput } from '#lib/media/pictures/build-picture-input'
import { buildJpeg } from '#lib/media/pictures/survey-source'
import type { SurveyedSource } from '#lib/media/pictures/write-pictures'
import { requireUndisturbed, runFfmpeg } from '#lib/media/run-ffmpeg'

/** What came of one picture. */
export interface Written {
  written: boolean
  log: string[]
}

const SIDE_MAX = 1280
const DEADLINE_MS = 120_000
/** Some files cannot be sought everywhere; the next best place is likely another part of the file. */
const TRIES_MAX = 3
const LOG_LINES = 10

/**
 * Writes `poster.jpg`: the first of these places that gives a picture, as large as 1280 pixels a side.
 * @param places from best to worst
 * @throws cancelled, disk_full
 */
export async function writePoster(
  source: SurveyedSource,
  places: readonly { timeSeconds: number }[],
): Promise<Written> {
  const path = join(source.outputPath, POSTER)
  const log: string[] = []
  for (const { timeSeconds } of places.slice(0, TRIES_MAX)) {
    const { tools, sourcePath, outputPath, video, signal } = source
    const result = await runFfmpeg({
      tools,
      inputPath: sourcePath,
      outputPath,
      buildArguments: ({ input, output }) => buildPosterArguments({ ...source, input, output, timeSeconds }),
      pixels: video.codedWidth * video.codedHeight * (source.exactColors ? 3 : 1),
      deadlineMs: DEADLINE_MS,
      background: true,
      signal,
    })
    requireUndisturbed(result)
    const { size } = await stat(path).catch(() => ({ size: 0 }))
    if (result.reason === null && size > 0) return { written: true, log: [] }
    log.push(...result.log.slice(-LOG_LINES))
    await rm(path, { force: true })
  }
  return { written: false, log: [...log, 'There is no poster: no picture could be taken from the source.'] }
}

/** Pure. */
export function buildPosterArguments(
  poster: Pick<SurveyedSource, 'video' | 'exactColors' | 'onKeyFrames'> & {
    input: string
    output: string
    timeSeconds: number
  },
): string[] {
  const { video, exactColors, input, output, timeSeconds, onKeyFrames } = poster
  const scale = Math.min(1, SIDE_MAX / Math.max(video.width, video.height))
  const side = (pixels: number) => Math.max(2, 2 * Math.round((pixels * scale) / 2))
  const filters = [
    ...(video.interlaced ? ['bwdif=mode=send_frame:deint=interlaced'] : []),
    ...buildStandardColors(
      video,
      `scale=${side(video.width)}:${side(video.height)}:flags=bicubic`,
      exactColors,
    ),
    ...[...buildJpegColors(), 'setsar=1'],
  ]
  return [
    ...buildPictureInput({ input, timeSeconds, onKeyFrame: onKeyFrames, frameRate: video.frameRate }),
    ...['-filter_complex', `[0:${video.streamIndex}]${filters.join(',')}[poster]`, '-map', '[poster]'],
    ...['-frames:v', '1', ...buildJpeg(4), '-f', 'image2', '-update', '1', '-y'],
    `file:${output}/${POSTER}`,
  ]
}
