import type { Picture } from '#lib/media/pictures/measure-picture'
import type { Scene } from '#lib/media/pictures/survey-source'

/** A clip of this many moments, each this long. */
const MOMENTS = { count: 4, seconds: 1 }
/** A video up to this long is shown as one piece. */
const WHOLE_SECONDS_MAX = 8
const WHOLE_SHOWN_SECONDS = 4
/** Opening logos and closing credits are no likeness of a film. */
const MIDDLE = { from: 0.04, to: 0.9 }

export interface Moment {
  startSeconds: number
  lengthSeconds: number
}

/**
 * Scenes from the best likeness of the video to the worst. Black, blank and blurred ones come last, and so win only where
 * there is nothing else. Pure; equal ones keep their order in time. @param scenes one at least.
 */
export function choosePoster(scenes: readonly Scene[]): Scene[] {
  const end = scenes.at(-1)?.timeSeconds ?? 0
  const usual = findUsualSharpness(scenes)
  const score = (scene: Scene) => scorePicture(scene, usual) * scorePlace(scene.timeSeconds, end)
  return scenes
    .map((scene) => ({ scene, score: score(scene) }))
    .sort((left, right) => right.score - left.score)
    .map(({ scene }) => scene)
}

/** The moments of a hover clip in order, none overlapping: the best scene of each stretch of the video. Pure. */
export function chooseMoments(scenes: readonly Scene[], endSeconds: number): Moment[] {
  if (endSeconds <= WHOLE_SECONDS_MAX) {
    const lengthSeconds = Math.min(endSeconds, WHOLE_SHOWN_SECONDS)
    return [{ startSeconds: (endSeconds - lengthSeconds) / 2, lengthSeconds }]
  }
  const usual = findUsualSharpness(scenes)
  const [from, to] = [MIDDLE.from * endSeconds, MIDDLE.to * endSeconds]
  const stretch = (to - from) / MOMENTS.count
  return Array.from({ length: MOMENTS.count }, (_, index) => {
    const start = from + index * stretch
    const inside = scenes.filter(
      ({ timeSeconds }) => timeSeconds >= start && timeSeconds <= start + stretch - MOMENTS.seconds,
    )
    const best = inside.reduce<Scene | null>(
      (found, scene) =>
        found === null || scorePicture(scene, usual) > scorePicture(found, usual) ? scene : found,
      null,
    )
    return { startSeconds: best?.timeSeconds ?? start, lengthSeconds: MOMENTS.seconds }
  })
}

/** The upper quartile: in a video that is mostly blurred, the sharp minority sets the measure. */
export function findUsualSharpness(scenes: readonly Picture[]): number {
  const sorted = scenes
    .filter((scene) => !isEmpty(scene))
    .map(({ sharpness }) => sharpness)
    .sort((left, right) => left - right)
  return sorted[Math.floor(sorted.length * 0.75)] ?? 0
}

/**
 * 0 to 1. Much to see (entropy), evenly lit, in colour, and as sharp as the video usually is; a picture that is empty or
 * clearly blurred against the others gets a hundredth of that.
 */
export function scorePicture(picture: Picture, usualSharpness: number): number {
  const { brightness, entropyBits, colorfulness, sharpness } = picture
  const detail = entropyBits / 8
  const light = 1 - (Math.abs(brightness - 118) / 160) ** 2
  const color = 0.7 + 0.3 * Math.min(1, colorfulness / 28)
  const sharp = usualSharpness > 0 ? Math.min(1, sharpness / usualSharpness) : 1
  const unfit = isEmpty(picture) || sharp < 0.4
  return Math.max(0, detail * light) * color * (0.3 + 0.7 * sharp) * (unfit ? 0.01 : 1)
}

/** Black, white, one colour, or little text on it. */
export function isEmpty({ brightness, contrast, entropyBits, darkShare, lightShare }: Picture): boolean {
  return (
    brightness < 26 ||
    brightness > 236 ||
    contrast < 10 ||
    entropyBits < 2 ||
    darkShare > 0.88 ||
    lightShare > 0.92
  )
}

/** A little less for the first moments and the last tenth. */
function scorePlace(timeSeconds: number, endSeconds: number): number {
  const place = endSeconds > 0 ? timeSeconds / endSeconds : 0
  return place < MIDDLE.from || place > MIDDLE.to ? 0.8 : 1
}
