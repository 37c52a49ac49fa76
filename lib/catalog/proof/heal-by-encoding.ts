import { mkdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Damage } from '#lib/catalog/proof/damage'
import type { PublishedVideo } from '#lib/catalog/proof/find-published'
import { readFiles } from '#lib/catalog/proof/read-files'
import { recheck } from '#lib/catalog/proof/recheck'
import { withVideoLock } from '#lib/catalog/with-video-lock'
import { ProofModel, type ProofRecord } from '#lib/db/models/proof'
import { type PlannedUnit, type RungGroup, rungsOf } from '#lib/domain/encode-plan'
import { createId } from '#lib/domain/id'
import { AUDIO_FOLDER } from '#lib/domain/media-paths'
import { isPeekrError } from '#lib/errors'
import { getLibrary } from '#lib/jobs/library'
import { runTask } from '#lib/jobs/pool'
import { withDiskBlamed } from '#lib/jobs/with-disk-blamed'
import { getLog } from '#lib/log'
import { getMediaTools } from '#lib/media/media-tools'
import { exists } from '#lib/storage/exists'
import type { FileEntry } from '#lib/storage/hash-folder'
import { replaceFile } from '#lib/storage/proof/replace-file'

type Recipe = NonNullable<ProofRecord['recipe']>

/** A tool that is killed so often while it makes one thing again is killed for what it makes. */
const TRIES_MAX = 3

/**
 * Makes damaged segments again from a kept original: only the units they are in, by the very plan they were made by. The
 * encoder makes the same bytes of the same frames, so what comes out is compared with the manifest and put in its
 * place; where another encoder or version makes others, nothing is changed.
 * @returns what is still damaged
 * @throws disk_full, cancelled
 */
export async function healByEncoding(damage: Damage): Promise<Damage['flaws']> {
  const { video, found, flaws, signal } = damage
  const recipe = (await ProofModel.findById(video._id, { recipe: 1 }).lean())?.recipe ?? null
  if (found === null || recipe?.revisionId !== video.revision.id) return flaws
  if (!(await isSourceWhole(video, signal))) return flaws
  let wanted = found.manifest.files.filter((file) => flaws.some(({ path }) => path === file.path))
  for (const make of planMaking(recipe, wanted)) {
    if (wanted.some(make.covers)) wanted = await makeAgain(damage, recipe, make, wanted)
  }
  return wanted.length === flaws.length ? flaws : recheck(damage, flaws)
}

/** Whether the original is there, byte for byte as it was uploaded. */
export async function isSourceWhole(video: PublishedVideo, signal: AbortSignal): Promise<boolean> {
  const path = (await getLibrary()).sourcePath(video._id)
  if (!(await exists(path))) return false
  const { sha256, sizeBytes } = video.source
  if (sha256 === null) return true
  return (await readFiles(dirname(path), [{ path: basename(path), sizeBytes, sha256 }], signal)).length === 0
}

type Making =
  | { kind: 'unit'; unit: PlannedUnit; group: RungGroup; covers: (file: FileEntry) => boolean }
  | { kind: 'sound' | 'copy' | 'tracks'; covers: (file: FileEntry) => boolean }

/**
 * What has to be made again for these files. Pure. A unit's rungs were made all at once or in two groups, which the files do
 * not tell, so each way is tried until one has made them. Segments in MPEG-TS are numbered on across units when they are
 * assembled, so a unit alone does not make them.
 */
function planMaking({ plan }: Recipe, files: readonly FileEntry[]): Making[] {
  const makings: Making[] = []
  if (plan.copied !== null) {
    const folders = [plan.copied.rung.name, ...(plan.copied.plan.sound === null ? [] : [AUDIO_FOLDER])]
    makings.push({ kind: 'copy', covers: ({ path }) => folders.includes(dirname(path)) })
  }
  if (plan.segmentFormat === 'fmp4') {
    for (const unit of plan.units) {
      const nextSegment = plan.units[unit.index + 1]?.firstSegment ?? Number.POSITIVE_INFINITY
      for (const group of ['all', 'low', 'high'] as const) {
        const rungs = rungsOf(plan, group).map(({ name }) => name)
        const covers = ({ path }: FileEntry) => {
          const number = findSegmentNumber(path)
          if (number === null || !rungs.includes(dirname(path))) return false
          return number >= unit.firstSegment && number < nextSegment
        }
        if (files.some(covers)) makings.push({ kind: 'unit', unit, group, covers })
      }
    }
  }
  if (!plan.copied?.plan.sound)
    makings.push({ kind: 'sound', covers: ({ path }) => dirname(path) === AUDIO_FOLDER })
  makings.push({ kind: 'tracks', covers: ({ path }) => /^(?:audio|subtitles)-\d+$/.test(dirname(path)) })
  return makings
}

/** The init segment is the first unit's. */
function findSegmentNumber(path: string): number | null {
  if (basename(path) === 'init.mp4') return 0
  const [, digits] = /^segment-(\d{5})\./.exec(basename(path)) ?? []
  return digits === undefined ? null : Number(digits)
}

/** Makes them, and again when a tool was killed at it, which tells nothing of them. @returns what is still wanted */
async function makeAgain(
  damage: Damage,
  recipe: Recipe,
  making: Making,
  wanted: readonly FileEntry[],
): Promise<FileEntry[]> {
  for (let tries = 1; ; tries++) {
    try {
      return await makeOnce(damage, recipe, making, wanted)
    } catch (error) {
      if (!isPeekrError(error) || error.code === 'cancelled' || error.code === 'disk_full') throw error
      if (error.details.reason === 'killed' && tries < TRIES_MAX) continue
      getLog('storage').warn(
        { err: error, videoId: damage.video._id, kind: making.kind },
        'a damaged part could not be made again',
      )
      return [...wanted]
    }
  }
}

/** Makes them in a folder aside, and puts those that came out right in their places. @returns what is still wanted */
async function makeOnce(
  { video, signal }: Damage,
  recipe: Recipe,
  making: Making,
  wanted: readonly FileEntry[],
): Promise<FileEntry[]> {
  const { _id: videoId, revision } = video
  const library = await getLibrary()
  const attemptId = createId()
  const outputPath = await library.createAttempt(videoId, attemptId)
  try {
    await withDiskBlamed(() => runMaking(making, recipe, library.sourcePath(videoId), outputPath, signal))
    const covered = wanted.filter(making.covers)
    const bad = new Set((await readFiles(outputPath, covered, signal)).map(({ path }) => path))
    const made = covered.filter(({ path }) => !bad.has(path))
    await withVideoLock(videoId, async () => {
      const folder = library.revisionPath(videoId, revision.id)
      for (const { path } of made) await replaceFile(join(outputPath, path), join(folder, path))
    })
    return wanted.filter((file) => !made.includes(file))
  } finally {
    await library.removeAttempt(videoId, attemptId)
  }
}

async function runMaking(
  making: Making,
  { plan, probe }: Recipe,
  sourcePath: string,
  outputPath: string,
  signal: AbortSignal,
): Promise<void> {
  const tools = getMediaTools()
  if (making.kind === 'unit') {
    const { unit, group } = making
    await runTask('unit', { sourcePath, outputPath, probe, plan, unit, group, tools }, { signal })
  } else if (making.kind === 'sound' || making.kind === 'tracks') {
    const { segmentFormat } = plan
    await runTask(making.kind, { sourcePath, outputPath, probe, segmentFormat, tools }, { signal })
  } else if (plan.copied !== null) {
    const { rung, plan: copy } = plan.copied
    const { segmentFormat } = plan
    const workPath = join(outputPath, 'work')
    await mkdir(workPath)
    const remuxedPath = copy.remuxed ? join(workPath, 'not-there-yet') : null
    const request = { sourcePath, outputPath, probe, rung, withSound: copy.sound !== null }
    await runTask('copy-rung', { ...request, segmentFormat, workPath, remuxedPath, tools }, { signal })
  }
}
