import type { Pictures } from '#lib/domain/pictures'
import type { SourceProbe, SourceVideo } from '#lib/domain/source-probe'
import { PeekrError } from '#lib/errors'
import type { MediaTools } from '#lib/media/media-tools'
import { chooseMoments, choosePoster } from '#lib/media/pictures/choose-pictures'
import { planStoryboard } from '#lib/media/pictures/plan-storyboard'
import { surveySource } from '#lib/media/pictures/survey-source'
import { writeHoverClip } from '#lib/media/pictures/write-hover-clip'
import { writePoster } from '#lib/media/pictures/write-poster'
import { writeStoryboardIndex } from '#lib/media/pictures/write-storyboard-index'

export interface PicturesRequest {
  /** The uploaded file. */
  sourcePath: string
  /** An existing folder; what is written there bears the names of `lib/domain/media-paths.ts`. */
  outputPath: string
  probe: SourceProbe
  tools: MediaTools
  signal?: AbortSignal
  onProgress?: (fraction: number) => void
}

export interface PicturesResult extends Pictures {
  /** A sentence for each picture that could not be made, with FFmpeg's last words. */
  log: string[]
}

/** What every step needs; exact colours are given up once for all when this FFmpeg lacks zscale. */
export interface PictureSource extends Omit<PicturesRequest, 'probe' | 'onProgress'> {
  video: SourceVideo
  durationSeconds: number | null
  exactColors: boolean
}

export interface SurveyedSource extends PictureSource {
  /** Every place that was surveyed is a key frame. */
  onKeyFrames: boolean
}

/**
 * Makes poster, storyboard and hover clip from the source, in the sandbox: one pass over its key frames for storyboard
 * and choice, then a few short looks at the chosen places. Writing into the same folder again replaces what is there.
 * A picture that cannot be made is left out and named in the log.
 * @throws source_not_video, cancelled, disk_full
 */
export async function writePictures(request: PicturesRequest): Promise<PicturesResult> {
  const { probe, onProgress } = request
  const { video } = probe
  if (video === null) throw new PeekrError('source_not_video')
  const source: PictureSource = {
    ...request,
    video,
    durationSeconds: probe.durationSeconds,
    exactColors: true,
  }
  const plan = planStoryboard(video, probe.durationSeconds)
  const survey = await surveySource(source, plan)
  onProgress?.(0.7)
  if (survey.scenes.length === 0) {
    const sentence = 'There are no pictures of this video: its source shows none that can be decoded.'
    return { poster: false, storyboard: false, hover: false, log: [...survey.log.slice(-10), sentence] }
  }
  const looked = { ...source, exactColors: survey.exactColors, onKeyFrames: survey.onKeyFrames }
  await writeStoryboardIndex(source.outputPath, plan, survey)
  const poster = await writePoster(looked, choosePoster(survey.scenes))
  onProgress?.(0.85)
  const moments = chooseMoments(survey.scenes, survey.endSeconds)
  const hover = await writeHoverClip(looked, moments)
  onProgress?.(1)
  const log = [...poster.log, ...hover.log]
  return { poster: poster.written, storyboard: true, hover: hover.written, log }
}
