import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { STORYBOARD, storyboardSprite } from '#lib/domain/media-paths'
import type { StoryboardPlan } from '#lib/media/pictures/plan-storyboard'
import type { Survey } from '#lib/media/pictures/survey-source'

/** Writes `storyboard.vtt` beside its sprites, and removes sprites an earlier, longer survey left. Safe to repeat. */
export async function writeStoryboardIndex(
  outputPath: string,
  plan: StoryboardPlan,
  survey: Pick<Survey, 'scenes' | 'endSeconds'>,
): Promise<void> {
  const sprites = Math.ceil(survey.scenes.length / (plan.columns * plan.rows))
  const kept = new Set(Array.from({ length: sprites }, (_, index) => storyboardSprite(index)))
  const extra = (await readdir(outputPath)).filter(
    (name) => /^storyboard-\d+\.jpg$/.test(name) && !kept.has(name),
  )
  await Promise.all(extra.map((name) => rm(join(outputPath, name))))
  await writeFile(join(outputPath, STORYBOARD), buildStoryboardIndex(plan, survey))
}

/**
 * A WebVTT file (W3C, §4) whose cues name a part of a sprite (Media Fragments, §4.2.2). Pure. Each picture holds from its
 * own time until the next, the first from 0. Names are relative, so a token in front of this file's address is kept.
 */
export function buildStoryboardIndex(
  { tileWidth, tileHeight, columns, rows }: StoryboardPlan,
  { scenes, endSeconds }: Pick<Survey, 'scenes' | 'endSeconds'>,
): string {
  const cues = scenes.map(({ timeSeconds }, index) => {
    const from = index === 0 ? 0 : timeSeconds
    const to = scenes[index + 1]?.timeSeconds ?? endSeconds
    const place = index % (columns * rows)
    const [x, y] = [(place % columns) * tileWidth, Math.floor(place / columns) * tileHeight]
    const sprite = storyboardSprite(Math.floor(index / (columns * rows)))
    return `${formatTime(from)} --> ${formatTime(to)}\n${sprite}#xywh=${x},${y},${tileWidth},${tileHeight}\n`
  })
  return ['WEBVTT\n', ...cues].join('\n')
}

/** `hh:mm:ss.ttt`. */
function formatTime(seconds: number): string {
  const ms = Math.round(seconds * 1000)
  const pad = (value: number, length = 2) => String(value).padStart(length, '0')
  const [hours, minutes] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60]
  return `${pad(hours)}:${pad(minutes)}:${pad(Math.floor(ms / 1000) % 60)}.${pad(ms % 1000, 3)}`
}
