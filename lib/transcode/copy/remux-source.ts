import { rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CopyRefused } from '#lib/domain/copy-refusal'
import type { SourceProbe, SourceVideo } from '#lib/domain/source-probe'
import { buildInputGuard } from '#lib/media/allowed-formats'
import { keepStart } from '#lib/media/keep-start'
import type { MediaTools } from '#lib/media/media-tools'
import { requireUndisturbed, runFfmpeg } from '#lib/media/run-ffmpeg'
import { exists } from '#lib/storage/exists'

/** What a source was remuxed into, in the folder that was made for it. */
export const REMUXED_FILE = 'remuxed.mp4'

/** A file with an index that `lib/mp4` reads, and what ffprobe would say of it. */
export interface IndexedSource {
  path: string
  probe: SourceProbe
}

export interface RemuxRequest {
  sourcePath: string
  probe: SourceProbe
  /** A folder of ours, to which the file is added. */
  workPath: string
  tools: MediaTools
  signal?: AbortSignal
}

const DEADLINE_MS = { base: 120_000, perGigabyte: 60_000 }
/** FFmpeg's words where it did not take a packet, or its time, as it came. Then what it wrote is not what decoding gives. */
const CHANGED = /non.?monoton|corrupt|discontinuity|out of range|unset|invalid|overlap/i

/**
 * The same packets in an MP4 with an index, for sources whose container has none that tells where key frames are: FFmpeg copies
 * them, in the sandbox, at the speed of the disk. Their times stay as the encoded sizes count them, from the file's first packet.
 * Twice is safe: what is there whole is taken.
 * @throws CopyRefused when FFmpeg had to change anything; cancelled, disk_full, encode_failed when it was killed
 */
export async function remuxSource(request: RemuxRequest): Promise<IndexedSource> {
  const { sourcePath, probe, workPath, tools, signal } = request
  const { video } = probe
  if (video === null) throw new CopyRefused('codec', 'no picture')
  const path = join(workPath, REMUXED_FILE)
  if (await exists(path)) return { path, probe: describeRemuxed(probe, video) }
  const { size } = await stat(sourcePath)
  const result = await runFfmpeg({
    tools,
    inputPath: sourcePath,
    outputPath: workPath,
    buildArguments: ({ input, output }) => planRemux(input, `${output}/${REMUXED_FILE}.part`, probe, video),
    pixels: 0,
    fileSizeBytes: 2 * size + 2 ** 26,
    deadlineMs: DEADLINE_MS.base + (DEADLINE_MS.perGigabyte * size) / 2 ** 30,
    signal,
  })
  requireUndisturbed(result)
  const changed = result.log.find((line) => CHANGED.test(line))
  if (result.reason !== null || result.counts.errors > 0 || changed !== undefined)
    throw new CopyRefused('container', changed ?? `remuxing: ${result.reason ?? result.log.at(-1)}`)
  await rename(`${path}.part`, path)
  return { path, probe: describeRemuxed(probe, video) }
}

/** Pure. A movie counts in milliseconds unless told otherwise, which would move a picture that starts late. */
export function planRemux(
  inputPath: string,
  outputPath: string,
  probe: SourceProbe,
  video: SourceVideo,
): string[] {
  return [
    ...buildInputGuard(),
    ...keepStart(probe.container),
    ...['-copyts', '-start_at_zero', '-i', `file:${inputPath}`],
    ...[
      '-map',
      `0:${video.streamIndex}`,
      ...(hasSound(probe) ? ['-map', `0:${probe.audio?.streamIndex}`] : []),
    ],
    ...['-map_metadata', '-1', '-map_chapters', '-1', '-c', 'copy'],
    ...['-movie_timescale', '90000', '-f', 'mp4', outputPath],
  ]
}

/** Other sounds are encoded anyway. */
function hasSound({ audio }: SourceProbe): boolean {
  return audio?.codec === 'aac'
}

function describeRemuxed(probe: SourceProbe, video: SourceVideo): SourceProbe {
  const startSeconds = (video.startSeconds ?? 0) - (probe.startSeconds ?? 0)
  return {
    ...probe,
    container: 'mov,mp4',
    startSeconds: 0,
    video: { ...video, streamIndex: 0, startSeconds },
    audio: probe.audio && hasSound(probe) ? { ...probe.audio, streamIndex: 1 } : null,
  }
}
