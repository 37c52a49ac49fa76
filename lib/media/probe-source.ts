import { stat } from 'node:fs/promises'
import { z } from 'zod'
import type { SourceProbe } from '#lib/domain/source-probe'
import { PeekrError } from '#lib/errors'
import { buildInputGuard } from '#lib/media/allowed-formats'
import { classifyFailure, failureCode } from '#lib/media/classify-failure'
import { MEDIA_LIMITS } from '#lib/media/media-limits'
import type { MediaTools } from '#lib/media/media-tools'
import { parseProbe } from '#lib/media/parse-probe'
import { runChild } from '#lib/media/run-child'
import { buildSandboxArguments, sandboxPaths } from '#lib/media/sandbox'

const DEADLINE_MS = 40_000
/** ffprobe needed 885 MB for a hostile picture of 16k × 16k; a good file needs less than a tenth. */
const ADDRESS_SPACE_BYTES = 3 * 1024 ** 3

/**
 * Asks ffprobe, in the sandbox, what a file claims to be.
 * @throws source_empty, source_not_video, source_truncated, source_too_complex, tool_missing, encode_failed when ffprobe was killed, cancelled.
 */
export async function probeSource(
  sourcePath: string,
  tools: MediaTools,
  signal?: AbortSignal,
): Promise<SourceProbe> {
  const { size } = await stat(sourcePath)
  if (size === 0) throw new PeekrError('source_empty')
  const place = { mode: tools.sandbox, inputPath: sourcePath, outputPath: null }
  const { file, args } = buildSandboxArguments({
    ...place,
    programPath: tools.ffprobePath,
    args: buildProbeArguments(sandboxPaths(place).input),
    gpu: false,
    limits: { addressSpaceBytes: ADDRESS_SPACE_BYTES, fileSizeBytes: 0, cpuSeconds: 60, processes: 512 },
  })
  const child = await runChild({ file, args, deadlineMs: DEADLINE_MS, signal })
  if (child.ended === 'cancelled') throw new PeekrError('cancelled')
  const log = child.stderr.slice(-20)
  if (child.startError) throw new PeekrError('tool_missing', { details: { log: [child.startError] } })
  if (child.ended) throw new PeekrError('source_too_complex', { details: { reason: child.ended, log } })
  // The file may be as good as any: it is asked again.
  if (child.killed) throw new PeekrError(failureCode('killed'), { details: { reason: 'killed', log } })
  if (child.exitCode !== 0) throw probeFailure(log)
  const probe = parseProbe(parseJson(child.stdout))
  // ffprobe exits 0 for a picture it refused to decode, and then knows no size: not "no picture", but too large a one.
  const tooLarge =
    probe.video === null && !probe.hasCoverArt && classifyFailure(log.join('\n')) === 'too_many_pixels'
  if (tooLarge) throw new PeekrError('source_too_complex', { details: { log } })
  return probe
}

/** Pure: what ffprobe is told, given the path as it will see it. */
export function buildProbeArguments(inputPath: string): string[] {
  return [
    ...['-hide_banner', '-loglevel', 'error', '-print_format', 'json', '-show_format', '-show_streams'],
    ...buildInputGuard(),
    ...['-max_pixels', String(MEDIA_LIMITS.pixelsMax), '-max_streams', '1000'],
    ...['-i', `file:${inputPath}`],
  ]
}

function probeFailure(log: string[]): PeekrError {
  const reason = classifyFailure(log.join('\n'))
  const code = reason === 'unknown' ? 'source_not_video' : failureCode(reason)
  return new PeekrError(code, { details: { reason, log } })
}

function parseJson(text: string): unknown {
  const parsed = z.string().transform((value, context) => {
    try {
      return JSON.parse(value) as unknown
    } catch {
      // 8 MiB of tags are cut in the middle, which is a verdict of its own.
      context.addIssue('not JSON')
      return z.NEVER
    }
  })
  const outcome = parsed.safeParse(text)
  if (!outcome.success) throw new PeekrError('source_too_complex', { details: { reason: 'probe output' } })
  return outcome.data
}
