import { availableParallelism } from 'node:os'
import { PeekrError } from '#lib/errors'
import { classifyFailure, type FailureReason, failureCode } from '#lib/media/classify-failure'
import { addressSpaceFor } from '#lib/media/media-limits'
import type { MediaTools } from '#lib/media/media-tools'
import { createStderrReader, type FfmpegCounts } from '#lib/media/read-ffmpeg-stderr'
import { type ChildResult, runChild } from '#lib/media/run-child'
import { buildSandboxArguments, sandboxPaths } from '#lib/media/sandbox'

export interface FfmpegRequest {
  tools: MediaTools
  inputPath: string | null
  outputPath: string | null
  /** The arguments, given the paths as FFmpeg will see them. */
  buildArguments: (paths: { input: string; output: string }) => string[]
  /** Of the largest picture it handles. */
  pixels: number
  /** Of any one file it writes; 2 GiB by default. */
  fileSizeBytes?: number
  gpu?: boolean
  /** Whether it steps back for those that encode pictures: nobody waits for it. */
  background?: boolean
  /** What it reads as `pipe:0`. */
  stdin?: AsyncIterable<Uint8Array>
  deadlineMs: number
  /** How long it may report neither a new frame nor a later time. */
  stallMs?: number
  signal?: AbortSignal
  /** Called about twice a second with the time reached in the output. */
  onTime?: (seconds: number) => void
  /** Called about twice a second with the number of pictures written to the first output, once every output has begun. */
  onFrame?: (frame: number) => void
}

/** One shape for success and failure; `reason` is null on success. */
export interface FfmpegResult {
  reason: FailureReason | null
  counts: FfmpegCounts
  /** Warnings and errors, the last 200 lines. */
  log: string[]
  elapsedMs: number
}

const FILE_SIZE_MAX = 2 * 1024 ** 3
const PROCESSES_MAX = 4096
const STALL_MS = 45_000
/** A quarter of a processor that another wants as well: a video is ready only when its pictures are, which waited too long for a tenth. */
const BACKGROUND_NICENESS = 5

/**
 * Runs FFmpeg in the sandbox and watches it. Never throws. Its exit code alone proves nothing: a truncated file exits 0,
 * so callers compare `counts`.
 */
export async function runFfmpeg(request: FfmpegRequest): Promise<FfmpegResult> {
  const { tools, inputPath, outputPath, pixels, gpu = false, deadlineMs } = request
  const cores = availableParallelism()
  const place = { mode: tools.sandbox, inputPath, outputPath }
  const { file, args } = buildSandboxArguments({
    ...place,
    programPath: tools.ffmpegPath,
    args: [...buildReporting(), ...request.buildArguments(sandboxPaths(place))],
    gpu,
    limits: {
      addressSpaceBytes: gpu ? null : addressSpaceFor(pixels, cores * 8),
      fileSizeBytes: request.fileSizeBytes ?? FILE_SIZE_MAX,
      cpuSeconds: Math.ceil((deadlineMs / 1000) * cores),
      processes: PROCESSES_MAX,
    },
  })
  const stderr = createStderrReader()
  const child = await runChild({
    file,
    args,
    deadlineMs,
    stallMs: request.stallMs ?? STALL_MS,
    niceness: request.background ? BACKGROUND_NICENESS : undefined,
    stdin: request.stdin,
    signal: request.signal,
    onStdout: createProgressReader(request),
    onStderr: stderr.read,
  })
  return { reason: findReason(child), counts: stderr.counts, log: child.stderr, elapsedMs: child.elapsedMs }
}

/** Throws what a failed run means to the uploader. `instead` replaces the code of reasons that blame the encoder. */
export function requireSuccess(result: FfmpegResult): void {
  if (result.reason === null) return
  throw new PeekrError(failureCode(result.reason), {
    details: { reason: result.reason, log: result.log.slice(-40) },
  })
}

/**
 * Throws for a run that was cut off, which tells nothing of its source; what to make of any other failure is for the caller.
 * @throws cancelled, disk_full, and encode_failed when it was killed
 */
export function requireUndisturbed(result: FfmpegResult): void {
  if (result.reason !== null && ['cancelled', 'disk_full', 'killed'].includes(result.reason))
    requireSuccess(result)
}

function buildReporting(): string[] {
  return [
    ...['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'level+verbose'],
    ...['-progress', 'pipe:1', '-stats_period', '0.5'],
  ]
}

/** Reads `key=value` lines; only a later time or a higher frame number counts as being alive. */
function createProgressReader({
  onTime,
  onFrame,
}: Pick<FfmpegRequest, 'onTime' | 'onFrame'>): (line: string, alive: () => void) => void {
  const highest = { frame: -1, out_time_us: -1 }
  return (line, alive) => {
    const [key, value] = line.split('=') as [string, string | undefined]
    if (key !== 'frame' && key !== 'out_time_us') return
    const number = Number(value)
    if (!(number > highest[key])) return
    highest[key] = number
    alive()
    if (key === 'out_time_us') onTime?.(number / 1e6)
    else onFrame?.(number)
  }
}

function findReason({ ended, killed, startError, exitCode, stderr }: ChildResult): FailureReason | null {
  if (ended) return ended
  if (startError) return 'sandbox_failed'
  // Whatever it had said by then is not why.
  if (killed) return 'killed'
  return exitCode === 0 ? null : classifyFailure(stderr.join('\n'))
}
