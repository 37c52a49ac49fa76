import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MEDIA_PLAYLIST, POSTER } from '#lib/domain/media-paths'
import type { Rendition } from '#lib/domain/rendition'
import type { MediaTools } from '#lib/media/media-tools'
import { buildOwnInputGuard } from '#lib/media/own-input-guard'
import { runFfmpeg } from '#lib/media/run-ffmpeg'

export interface PosterRequest {
  /** The revision's folder, its renditions finished. */
  outputPath: string
  renditions: readonly Rendition[]
  durationSeconds: number
  tools: MediaTools
  signal?: AbortSignal
}

const WIDTH_MAX = 1280
const DEADLINE_MS = 60_000

/**
 * Writes `poster.jpg`: the most typical of some fifty frames a little into the video, so that it is neither the black of
 * a fade nor one blurred exception. Made from our own segments: the stranger's file is not decoded again.
 * @returns whether there is one; a video without a poster is still a video.
 */
export async function writePoster(request: PosterRequest): Promise<boolean> {
  const { outputPath, renditions, tools, signal } = request
  const source = renditions.find(({ width }) => width <= WIDTH_MAX) ?? renditions.at(-1)
  if (!source) return false
  const result = await runFfmpeg({
    tools,
    inputPath: outputPath,
    outputPath,
    buildArguments: ({ input, output }) => buildPosterArguments({ ...request, source, input, output }),
    pixels: source.width * source.height,
    deadlineMs: DEADLINE_MS,
    signal,
  })
  if (result.reason !== null) return false
  const { size } = await stat(join(outputPath, POSTER)).catch(() => ({ size: 0 }))
  return size > 0
}

/** Pure. */
export function buildPosterArguments(poster: {
  source: Pick<Rendition, 'name'>
  durationSeconds: number
  input: string
  output: string
}): string[] {
  const startSeconds = Math.min(poster.durationSeconds * 0.1, 8)
  // Seeking with -ss finds nothing in a playlist whose time does not start at 0 (FFmpeg 5.1), so the beginning is decoded.
  return [
    ...buildOwnInputGuard(),
    ...['-i', `file:${poster.input}/${poster.source.name}/${MEDIA_PLAYLIST}`],
    ...[
      '-map',
      '0:v:0',
      '-vf',
      `trim=start=${startSeconds.toFixed(3)},thumbnail=50,scale='min(${WIDTH_MAX},iw)':-2`,
    ],
    ...['-frames:v', '1', '-c:v', 'mjpeg', '-q:v', '4', '-f', 'image2', '-update', '1', '-y'],
    `file:${poster.output}/${POSTER}`,
  ]
}
