import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type EncodePlan,
  type PlannedUnit,
  type RungGroup,
  rungsOf,
  type Seam,
  type UnitResult,
} from '#lib/domain/encode-plan'
import type { EncoderName } from '#lib/domain/encoding'
import type { SourceProbe, SourceVideo } from '#lib/domain/source-probe'
import { PeekrError } from '#lib/errors'
import { TICKS_PER_SECOND } from '#lib/hls/read-picture-times'
import { type FailureReason, isNvencFailure } from '#lib/media/classify-failure'
import { isHdr } from '#lib/media/color-filters'
import { explainFailure } from '#lib/media/explain-failure'
import type { MediaTools } from '#lib/media/media-tools'
import { type FfmpegResult, requireSuccess, runFfmpeg } from '#lib/media/run-ffmpeg'
import { checkUnit } from '#lib/transcode/check-unit'
import { findFrameRate } from '#lib/transcode/frame-rate'
import {
  planEncode,
  SEAM_HEAD_FILE,
  SEAM_TAIL_FILE,
  type SeamFile,
  seamFilesOf,
} from '#lib/transcode/plan-encode'
import { requireWritten } from '#lib/transcode/require-written'
import { type Proof, startProof } from '#lib/transcode/start-proof'

export interface UnitRequest {
  sourcePath: string
  /** An empty folder; each rung gets a folder in it. */
  outputPath: string
  probe: SourceProbe
  plan: EncodePlan
  /** One of the plan's. */
  unit: PlannedUnit
  group: RungGroup
  tools: MediaTools
  signal?: AbortSignal
  onProgress?: (fraction: number) => void
}

/** What one attempt replaces; each is given up at most once. */
interface Approach {
  encoder: EncoderName
  /** Decode and scale on the card too. */
  card: boolean
  exactColors: boolean
}

type Admitted = UnitRequest & { probe: { video: SourceVideo } }

/** Nothing is written while everything before the unit is decoded, from the last key frame or the very beginning. */
const STALL_MS = { base: 45_000, perSecond: 500 }
const DEADLINE_MS = { base: 180_000, perSecond: 60_000 }
/** The rest of the progress is for checking what was written last. */
const ENCODE_SHARE = 0.95

/**
 * Encodes one unit of a source into `outputPath`, and proves it by decoding it again, most of that meanwhile.
 * @throws encode_failed, encode_timeout, output_invalid, source_*, disk_full, cancelled. What it leaves behind then is
 * for the caller to remove.
 */
export async function runUnit(request: UnitRequest): Promise<UnitResult> {
  const { probe, plan, unit, group, outputPath, onProgress } = request
  if (probe.video === null) throw new PeekrError('source_not_video')
  const admitted: Admitted = { ...request, probe: { ...probe, video: probe.video } }
  const startedAt = performance.now()
  const { result, sentences, proof } = await encodeWithFallbacks(admitted)
  const rungs = rungsOf(plan, group)
  onProgress?.(ENCODE_SHARE)
  const checked = await checkUnit({ outputPath, rungs, segmentFormat: plan.segmentFormat, proof }).finally(
    proof.drop,
  )
  const seams = await Promise.all(
    seamFilesOf(unit).map(async (name) => {
      const border = name === SEAM_HEAD_FILE ? unit.startSeconds : (unit.endSeconds ?? 0)
      return { name, ...(await readSeam(join(outputPath, name), border - plan.seamSeconds)) }
    }),
  )
  requireWritten(result.counts.outputs, [
    ...rungs.map(({ name }) => ({ name, packets: checked.frameCount })),
    ...seams,
  ])
  const seamOf = (file: SeamFile) => seams.find(({ name }) => name === file)?.seam ?? null
  const secondsTaken = (performance.now() - startedAt) / 1000
  onProgress?.(1)
  return {
    ...checked,
    index: unit.index,
    group,
    head: seamOf(SEAM_HEAD_FILE),
    tail: seamOf(SEAM_TAIL_FILE),
    damaged: result.counts.errors > 0,
    endMissing: result.counts.endMissing,
    speed: checked.durationSeconds / secondsTaken,
    encoder: sentences.join(' '),
    log: result.log,
  }
}

async function encodeWithFallbacks(
  request: Admitted,
): Promise<{ result: FfmpegResult; sentences: string[]; proof: Proof }> {
  const { encoder } = request.plan
  const sentences = [encoder.sentence]
  let approach: Approach = {
    encoder: encoder.name,
    card: encoder.name === 'h264_nvenc' && (encoder.card ?? false),
    exactColors: true,
  }
  for (;;) {
    const proof = startProof({
      ...request,
      rungs: rungsOf(request.plan, request.group),
      segmentCount: countSegments(request),
    })
    const result = await encodeOnce(request, approach, proof)
    if (result.reason === null) return { result, sentences, proof }
    await proof.drop()
    const next = findFallback(result, approach)
    if (next === null) requireSuccess(result)
    else {
      approach = next.approach
      sentences.push(next.sentence)
    }
  }
}

/** How many segments the unit will have in each rung, unless the source ends elsewhere than it says. */
function countSegments({ plan, unit, probe }: Admitted): number | null {
  const end = unit.endSeconds ?? probe.durationSeconds
  if (end === null) return null
  return plan.boundaries.filter((start) => start >= unit.startSeconds && start < end).length
}

async function encodeOnce(request: Admitted, approach: Approach, proof: Proof): Promise<FfmpegResult> {
  const { probe, plan, unit, group, outputPath, tools, onProgress } = request
  const { codedWidth, codedHeight } = probe.video
  const rungs = rungsOf(plan, group)
  for (const { name } of rungs) {
    // An attempt that fell through may have left segments.
    await rm(join(outputPath, name), { recursive: true, force: true })
    await mkdir(join(outputPath, name), { recursive: true })
  }
  const endSeconds = unit.endSeconds ?? probe.durationSeconds
  const frameRate = findFrameRate(probe.video) ?? 30
  const seconds = endSeconds === null ? null : Math.max(0.1, endSeconds - unit.startSeconds)
  return runFfmpeg({
    tools,
    inputPath: request.sourcePath,
    outputPath,
    buildArguments: ({ input, output }) =>
      planEncode({
        inputPath: input,
        outputPath: output,
        probe,
        rungs,
        segmentFormat: plan.segmentFormat,
        unit,
        boundaries: plan.boundaries,
        seek: plan.seek,
        seamSeconds: plan.seamSeconds,
        sessions: plan.encoder.sessions ?? rungs.length,
        threads: plan.encoder.threads,
        ...approach,
      }),
    pixels: codedWidth * codedHeight * (isHdr(probe.video) ? 3 : 1),
    gpu: approach.encoder === 'h264_nvenc',
    // Where the unit is not sought, everything before it is decoded as well.
    deadlineMs: DEADLINE_MS.base + DEADLINE_MS.perSecond * (endSeconds ?? 3600),
    stallMs: STALL_MS.base + STALL_MS.perSecond * unit.startSeconds,
    signal: request.signal,
    // Pictures are counted, as the times FFmpeg reports with -copyts are none of the source's.
    onFrame: (frame) => {
      proof.look()
      if (seconds) onProgress?.(ENCODE_SHARE * Math.min(1, frame / (seconds * frameRate)))
    },
  })
}

/** What to give up so that the job can go on; recorded in a sentence, for this unit only. */
function findFallback(
  { reason, log }: FfmpegResult,
  approach: Approach,
): { approach: Approach; sentence: string } | null {
  // On the card even a filter or a format that is missing is the card's: libx264 would not have needed it.
  if (approach.card && reason !== null && !isFinal(reason)) {
    const sentence = `Decoding on the graphics card failed: ${explainFailure(reason, log)} This part was decoded on the CPU.`
    return { approach: { ...approach, card: false }, sentence }
  }
  if (reason !== null && isNvencFailure(reason) && approach.encoder === 'h264_nvenc') {
    const sentence = `The graphics card refused: ${explainFailure(reason, log)} This part was encoded with libx264.`
    return { approach: { ...approach, encoder: 'libx264' }, sentence }
  }
  if (reason === 'filter_missing' && approach.exactColors) {
    const sentence =
      'This FFmpeg lacks zscale or tonemap, so HDR and wide colours look paler than in the original.'
    return { approach: { ...approach, exactColors: false }, sentence }
  }
  return null
}

/** What another way of encoding would not change. */
function isFinal(reason: FailureReason): boolean {
  return reason === 'cancelled' || reason === 'disk_full' || reason === 'sandbox_failed'
}

/**
 * What framecrc wrote: a line a picture, of stream, dts, pts, duration, size, checksum. The last one is the seam, unless it is
 * from before what was to be seen.
 */
async function readSeam(path: string, fromSeconds: number): Promise<{ packets: number; seam: Seam | null }> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const lines = text.split('\n').filter((row) => row !== '' && !row.startsWith('#'))
  const [, , pts, , , checksum] = (lines.at(-1) ?? '').split(',').map((field) => field.trim())
  const isThere =
    pts !== undefined && checksum !== undefined && Number(pts) > (fromSeconds - 0.001) * TICKS_PER_SECOND
  return { packets: lines.length, seam: isThere ? { ticks: Number(pts), checksum } : null }
}
