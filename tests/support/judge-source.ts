import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type EncodePlan, type Lane, lanesOf, type UnitResult, unitKey } from '#lib/domain/encode-plan'
import type { EncodeResult } from '#lib/domain/encoding'
import { emptyLane, type LaneState } from '#lib/domain/lane-state'
import type { SegmentFormat } from '#lib/domain/rendition'
import type { SourceProbe } from '#lib/domain/source-probe'
import { isPeekrError, PeekrError } from '#lib/errors'
import { admitSource } from '#lib/ingest/admit-source'
import type { MediaTools } from '#lib/media/media-tools'
import { probeSource } from '#lib/media/probe-source'
import { verifyRevision } from '#lib/publish/verify-revision'
import { verifySource } from '#lib/publish/verify-source'
import { addSound } from '#lib/transcode/add-sound'
import { assembleUnit } from '#lib/transcode/assemble-unit'
import { closeRevision } from '#lib/transcode/close-revision'
import { judgeSeam } from '#lib/transcode/judge-seam'
import { planEncoding } from '#lib/transcode/plan-encoding'
import { planWhole } from '#lib/transcode/plan-units'
import { runSound } from '#lib/transcode/run-sound'
import { runUnit } from '#lib/transcode/run-unit'

export const TOOLS: MediaTools = {
  ffmpegPath: '/usr/bin/ffmpeg',
  ffprobePath: '/usr/bin/ffprobe',
  sandbox: 'bwrap',
}

export interface Judged {
  probe: SourceProbe
  plan: EncodePlan
  encoded: EncodeResult
  /** The units as they were made, the low and the high rungs of the first apart. */
  units: UnitResult[]
  /** Share of the source's declared frames that made it, 0 to 1, or null when it declares none. */
  frameShare: number | null
  outputPath: string
}

export interface JudgeOptions {
  outputPath: string
  segmentFormat?: SegmentFormat
  /** What to change of the plan, such as how long units are. */
  adjust?: (plan: EncodePlan) => EncodePlan
}

/** Takes a source through probe, admission, every unit, assembly and verification, as the pipeline does. */
export async function judgeSource(sourcePath: string, options: JudgeOptions): Promise<Judged> {
  const { outputPath, segmentFormat = 'fmp4', adjust = (plan) => plan } = options
  const probe = await probeSource(sourcePath, TOOLS)
  admitSource(probe, (await stat(sourcePath)).size)
  await mkdir(outputPath)
  const encoder = { name: 'libx264', sentence: 'Encoded with libx264.' } as const
  const plan = adjust(planEncoding({ probe, segmentFormat, encoder }))
  const work = `${outputPath}.units`
  const request = { sourcePath, probe, tools: TOOLS }
  try {
    const soundPath = join(work, 'sound')
    await mkdir(soundPath, { recursive: true })
    const sound = await runSound({ ...request, segmentFormat, outputPath: soundPath })
    if (sound.present) await addSound({ attemptPath: soundPath, revisionPath: outputPath, proved: true })
    const built = await buildLanes({ ...request, plan, work, outputPath })
    const encoded = await closeRevision({
      plan: built.plan,
      probe,
      lanes: built.lanes,
      revisionPath: outputPath,
    })
    const frameShare = verifySource(probe, encoded)
    await verifyRevision(outputPath, encoded)
    return { probe, plan: built.plan, encoded, units: built.units, frameShare, outputPath }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function buildLanes(options: {
  sourcePath: string
  probe: SourceProbe
  tools: MediaTools
  plan: EncodePlan
  work: string
  outputPath: string
}): Promise<{ plan: EncodePlan; lanes: Record<Lane, LaneState>; units: UnitResult[] }> {
  const { work, outputPath, ...request } = options
  let { plan } = options
  const lanes = { low: emptyLane(), high: emptyLane() }
  const units: UnitResult[] = []
  for (let index = 0; index < plan.units.length; index += 1) {
    const unit = plan.units[index]
    assert.ok(unit)
    for (const group of index === 0 ? lanesOf(plan) : (['all'] as const)) {
      const unitPath = join(work, `${plan.seek}-${unitKey(index, group)}`)
      await mkdir(unitPath)
      const made = await runUnit({ ...request, outputPath: unitPath, plan, unit, group })
      const covered = group === 'all' ? lanesOf(plan) : [group]
      if (covered.some((lane) => judgeSeam(lanes[lane], made, plan.seek) === 'unproven')) {
        if (!plan.seek) throw new PeekrError('output_invalid', { details: { unit: index } })
        plan = { ...plan, units: planWhole(plan.boundaries, plan.units.slice(0, index)), seek: false }
        index -= 1
        break
      }
      units.push(made)
      for (const lane of covered) {
        const state = lanes[lane]
        lanes[lane] = await assembleUnit({
          plan,
          lane,
          state,
          unit: made,
          unitPath,
          revisionPath: outputPath,
        })
      }
    }
  }
  return { plan, lanes, units }
}

/** The same, as one word: `ready` or the code of the refusal. Anything that is no PeekrError is thrown on. */
export async function findVerdict(sourcePath: string, outputPath: string): Promise<string> {
  try {
    await judgeSource(sourcePath, { outputPath })
    return 'ready'
  } catch (error) {
    if (isPeekrError(error)) return error.code
    throw error
  }
}

/** Command lines of running processes that mention this text. */
export async function findProcesses(text: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
  const lines = await Promise.all(
    ids.map((id) => readFile(join('/proc', id, 'cmdline'), 'latin1').catch(() => '')),
  )
  return lines.filter((line) => line.includes(text)).map((line) => line.replaceAll('\0', ' '))
}
