import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EncodeResult, EncoderChoice, EncoderName } from '#lib/domain/encoding'
import { AUDIO_FOLDER, MULTIVARIANT_PLAYLIST } from '#lib/domain/media-paths'
import type { LadderRung, SegmentFormat } from '#lib/domain/rendition'
import type { SourceProbe, SourceVideo } from '#lib/domain/source-probe'
import { PeekrError } from '#lib/errors'
import { isNvencFailure } from '#lib/media/classify-failure'
import { isHdr } from '#lib/media/color-filters'
import { MEDIA_LIMITS } from '#lib/media/media-limits'
import type { MediaTools } from '#lib/media/media-tools'
import { type FfmpegResult, requireSuccess, runFfmpeg } from '#lib/media/run-ffmpeg'
import { collectRenditions } from '#lib/transcode/collect-renditions'
import { planEncode, TIMELINE_START_SECONDS } from '#lib/transcode/plan-encode'
import { planLadder } from '#lib/transcode/plan-ladder'

export interface EncodeRequest {
  sourcePath: string
  /** An empty folder that becomes the revision. */
  outputPath: string
  segmentFormat: SegmentFormat
  encoder: EncoderChoice
  probe: SourceProbe
  tools: MediaTools
  signal?: AbortSignal
  onProgress?: (fraction: number) => void
}

/** What one attempt leaves out or replaces; each is given up at most once. */
interface Approach {
  encoder: EncoderName
  toneMap: boolean
  sound: boolean
}

type Admitted = EncodeRequest & { probe: { video: SourceVideo } }

const DEADLINE_MS = { base: 180_000, perSecond: 60_000 }
/** What follows is the playlists' share of progress. */
const ENCODE_SHARE = 0.97

/**
 * Encodes a source into the whole ladder and writes segments and playlists into `outputPath`.
 * @throws encode_failed, encode_timeout, source_*, disk_full, cancelled. What it leaves behind then is for the caller to remove.
 */
export async function runEncode(request: EncodeRequest): Promise<EncodeResult> {
  const { probe, outputPath, onProgress } = request
  if (probe.video === null) throw new PeekrError('source_not_video')
  const admitted: Admitted = { ...request, probe: { ...probe, video: probe.video } }
  const rungs = planLadder(probe.video)
  const { result, sentences } = await encodeWithFallbacks(admitted, rungs)
  const frameCount = result.counts.outputs[0]?.frames ?? 0
  if (frameCount === 0)
    throw new PeekrError(result.counts.endMissing ? 'source_truncated' : 'source_corrupt', {
      details: { log: result.log },
    })
  const frameRate = measureFrameRate(probe.video)
  const collected = await collectRenditions(outputPath, rungs, frameRate, {
    segmentFormat: request.segmentFormat,
    startSeconds: TIMELINE_START_SECONDS,
    frameSeconds: 1 / (frameRate ?? 30),
  })
  await writeFile(join(outputPath, MULTIVARIANT_PLAYLIST), collected.multivariant)
  onProgress?.(1)
  return {
    renditions: collected.renditions,
    audio: collected.audio,
    durationSeconds: collected.durationSeconds,
    frameCount,
    decoded: {
      frameCount: countSourceFrames(result, probe.video),
      damaged: result.counts.errors > 0,
      endMissing: result.counts.endMissing,
    },
    encoder: sentences.join(' '),
    log: result.log,
  }
}

async function encodeWithFallbacks(
  request: Admitted,
  rungs: LadderRung[],
): Promise<{ result: FfmpegResult; sentences: string[] }> {
  const sentences = [request.encoder.sentence]
  let approach: Approach = {
    encoder: request.encoder.name,
    toneMap: isHdr(request.probe.video),
    sound: request.probe.audio !== null,
  }
  for (;;) {
    const result = await encodeOnce(request, rungs, approach)
    if (result.reason === null) return { result, sentences }
    const next = findFallback(result.reason, approach)
    if (next === null) requireSuccess(result)
    else {
      approach = next.approach
      sentences.push(next.sentence)
    }
  }
}

async function encodeOnce(request: Admitted, rungs: LadderRung[], approach: Approach): Promise<FfmpegResult> {
  const { probe, outputPath, tools, onProgress } = request
  const { codedWidth, codedHeight } = probe.video
  const folders = [...rungs.map(({ name }) => name), ...(approach.sound ? [AUDIO_FOLDER] : [])]
  // An attempt that fell through may have left segments.
  await Promise.all(
    [...rungs.map(({ name }) => name), AUDIO_FOLDER].map((name) =>
      rm(join(outputPath, name), { recursive: true, force: true }),
    ),
  )
  await Promise.all(folders.map((name) => mkdir(join(outputPath, name), { recursive: true })))
  const total = probe.durationSeconds
  return runFfmpeg({
    tools,
    inputPath: request.sourcePath,
    outputPath,
    buildArguments: ({ input, output }) =>
      planEncode({
        inputPath: input,
        outputPath: output,
        probe: { ...probe, audio: approach.sound ? probe.audio : null },
        rungs,
        segmentFormat: request.segmentFormat,
        encoder: approach.encoder,
        toneMap: approach.toneMap,
      }),
    pixels: codedWidth * codedHeight * (approach.toneMap ? 3 : 1),
    gpu: approach.encoder === 'h264_nvenc',
    deadlineMs: DEADLINE_MS.base + DEADLINE_MS.perSecond * (total ?? 3600),
    signal: request.signal,
    onTime: (seconds) => total && onProgress?.(ENCODE_SHARE * Math.min(1, seconds / total)),
  })
}

/** What to give up so that the job can go on; recorded in a sentence, for this job only. */
function findFallback(
  reason: NonNullable<FfmpegResult['reason']>,
  approach: Approach,
): { approach: Approach; sentence: string } | null {
  if (isNvencFailure(reason) && approach.encoder === 'h264_nvenc') {
    const sentence = `The graphics card refused (${reason}), so this video was encoded with libx264.`
    return { approach: { ...approach, encoder: 'libx264' }, sentence }
  }
  if (reason === 'filter_missing' && approach.toneMap) {
    const sentence = 'This FFmpeg cannot map HDR colours, so they look paler than in the original.'
    return { approach: { ...approach, toneMap: false }, sentence }
  }
  if (reason === 'source_no_decoder' && approach.sound) {
    const sentence = 'The sound is in a format Peekr does not decode, so it was left out.'
    return { approach: { ...approach, sound: false }, sentence }
  }
  return null
}

function countSourceFrames({ counts }: FfmpegResult, video: SourceVideo): number {
  return counts.inputs.find(({ stream }) => stream === video.streamIndex)?.frames ?? 0
}

/** What the rungs have, after the cap on frames a second; only said when the file says it. */
function measureFrameRate({ frameRate }: SourceVideo): number | null {
  return frameRate === null ? null : Math.min(frameRate, MEDIA_LIMITS.frameRateMax)
}
