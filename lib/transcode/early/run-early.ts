import { type FileHandle, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EarlyReport, PlayableHead } from '#lib/domain/early-play'
import { INIT_SEGMENT, MEDIA_PLAYLIST, segmentPattern } from '#lib/domain/media-paths'
import type { SourceProbe, SourceVideo } from '#lib/domain/source-probe'
import { isPeekrError } from '#lib/errors'
import { AAC_CODEC } from '#lib/hls/codec-string'
import { findFileCodec } from '#lib/hls/find-file-codec'
import { parseMediaPlaylist } from '#lib/hls/media-playlist'
import { buildInputGuard } from '#lib/media/allowed-formats'
import { MEDIA_LIMITS } from '#lib/media/media-limits'
import type { MediaTools } from '#lib/media/media-tools'
import { probeSource } from '#lib/media/probe-source'
import { requireUndisturbed, runFfmpeg } from '#lib/media/run-ffmpeg'
import { findCopyRefusal } from '#lib/transcode/copy/decide-copy'
import { AUDIO_BITRATE_BPS } from '#lib/transcode/plan-encode'

export interface EarlyRequest {
  /** The file that is still growing. */
  uploadPath: string
  sizeBytes: number
  /** What its first bytes said. */
  head: PlayableHead
  /** One 64-bit number that others raise: how many bytes are on disk and acknowledged. Behind it nothing is read. */
  stored: SharedArrayBuffer
  /** The folder from which it is played. */
  outputPath: string
  tools: MediaTools
  signal?: AbortSignal
  onReport?: (report: EarlyReport) => void
}

const LOOK_MS = 250
const PIECE_BYTES = 256 * 1024
/** An upload may pause for days; whoever started this ends it with the upload. */
const DEADLINE_MS = 7 * 86_400_000
const LINES = 360
const COPIED_BPS_MAX = 12_500_000

/**
 * Makes a growing HLS rendition of a file that is still being uploaded: FFmpeg, in the sandbox, is fed through its standard input with
 * what has been acknowledged, and no more; the picture is copied where any browser plays it, else made 360 lines high. Ends with the file.
 * @returns why it cannot be played early, in a sentence, or null
 * @throws cancelled, disk_full, and encode_failed when FFmpeg was killed, which tell nothing of the file
 */
export async function runEarly(request: EarlyRequest): Promise<string | null> {
  const file = await open(request.uploadPath)
  try {
    const { demuxer, headBytes } = request.head
    const probe = await probeHead(request, file, headBytes)
    if (probe.video === null)
      return 'It plays once all of it has come, because no picture was found at its beginning.'
    return await feed(request, file, demuxer, { ...probe, video: probe.video })
  } finally {
    await file.close()
  }
}

function storedBytes({ stored, sizeBytes }: EarlyRequest): number {
  return Math.min(sizeBytes, Number(Atomics.load(new BigInt64Array(stored), 0)))
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}

/** The beginning alone, in a file of its own: what ffprobe sees must not change while it looks. */
async function probeHead(request: EarlyRequest, file: FileHandle, headBytes: number): Promise<SourceProbe> {
  const path = join(request.outputPath, 'head')
  const length = Math.min(storedBytes(request), headBytes + 4 * 1024 ** 2)
  await writeFile(path, await readAt(file, 0, length), { mode: 0o600 })
  try {
    return await probeSource(path, request.tools, request.signal)
  } finally {
    await rm(path, { force: true })
  }
}

async function feed(
  request: EarlyRequest,
  file: FileHandle,
  demuxer: string,
  probe: SourceProbe & { video: SourceVideo },
): Promise<string | null> {
  const { outputPath, tools, signal, sizeBytes } = request
  const averageBps = probe.durationSeconds ? (sizeBytes * 8) / probe.durationSeconds : null
  const isCopied = findCopyRefusal(probe) === null && (averageBps ?? 0) <= COPIED_BPS_MAX
  const rung = planRung(probe.video, isCopied, averageBps)
  await mkdir(join(outputPath, rung.name), { recursive: true })
  const ended = new AbortController()
  const reporting = reportUntil(request, probe, rung, ended.signal)
  try {
    const result = await runFfmpeg({
      tools,
      inputPath: null,
      outputPath,
      stdin: readStored(request, file, ended.signal),
      buildArguments: ({ output }) =>
        planEarly({ demuxer, probe, rung, isCopied, output: `${output}/${rung.name}` }),
      pixels: probe.video.codedWidth * probe.video.codedHeight,
      background: true,
      deadlineMs: DEADLINE_MS,
      stallMs: DEADLINE_MS,
      signal,
    })
    requireUndisturbed(result)
    return result.reason === null
      ? null
      : 'It plays once all of it has come, because its beginning could not be read.'
  } finally {
    ended.abort()
    await reporting
  }
}

interface EarlyRung {
  name: string
  width: number
  height: number
  bitrateBps: number
}

function planRung({ width, height }: SourceVideo, isCopied: boolean, averageBps: number | null): EarlyRung {
  const side = Math.min(width, height)
  if (isCopied)
    return { name: `${side}p`, width, height, bitrateBps: Math.ceil(2 * (averageBps ?? 4_000_000)) }
  const scale = Math.min(1, LINES / side)
  const even = (length: number) => Math.max(2, 2 * Math.round((length * scale) / 2))
  return {
    name: `${Math.max(10, even(side))}p`,
    width: even(width),
    height: even(height),
    bitrateBps: 1_200_000,
  }
}

/** Pure. Not what is published: seen for as long as the upload lasts, so colours and rates are taken as they come. */
function planEarly(plan: {
  demuxer: string
  probe: SourceProbe & { video: SourceVideo }
  rung: EarlyRung
  isCopied: boolean
  output: string
}): string[] {
  const { demuxer, probe, rung, isCopied, output } = plan
  const { video, audio } = probe
  const filters = ['-vf', `scale=${rung.width}:${rung.height},format=yuv420p`, '-r', '30']
  const encode = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-crf',
    '27',
    '-maxrate',
    '1000000',
    '-bufsize',
    '2000000',
  ]
  return [
    ...buildInputGuard('pipe'),
    ...[
      '-err_detect',
      'ignore_err',
      '-max_pixels',
      String(MEDIA_LIMITS.pixelsMax),
      '-f',
      demuxer,
      '-i',
      'pipe:0',
    ],
    ...['-map', `0:${video.streamIndex}`, ...(audio ? ['-map', `0:${audio.streamIndex}`] : [])],
    ...['-map_metadata', '-1', '-map_chapters', '-1'],
    ...(isCopied ? ['-c:v', 'copy'] : [...filters, ...encode, '-force_key_frames', 'expr:gte(t,n_forced*2)']),
    ...(audio
      ? ['-af', 'aresample=async=1:first_pts=0', '-c:a', 'aac', '-b:a', String(AUDIO_BITRATE_BPS)]
      : []),
    ...(audio ? ['-ac', '2', '-ar', '48000'] : []),
    ...[
      '-f',
      'hls',
      '-hls_time',
      '2',
      '-hls_playlist_type',
      'event',
      '-hls_flags',
      'independent_segments+temp_file',
    ],
    ...['-hls_segment_type', 'fmp4', '-hls_fmp4_init_filename', INIT_SEGMENT],
    ...['-hls_segment_filename', `${output}/${segmentPattern('fmp4')}`, `${output}/${MEDIA_PLAYLIST}`],
  ]
}

/** The file's bytes as they are acknowledged, to its end. */
async function* readStored(
  request: EarlyRequest,
  file: FileHandle,
  ended: AbortSignal,
): AsyncGenerator<Buffer> {
  for (let at = 0; at < request.sizeBytes && !ended.aborted && !request.signal?.aborted; ) {
    const length = Math.min(PIECE_BYTES, storedBytes(request) - at)
    const piece = length > 0 ? await readAt(file, at, length) : null
    if (piece === null || piece.length === 0) await sleep(LOOK_MS)
    else {
      at += piece.length
      yield piece
    }
  }
}

/** Says after each segment what there is. */
async function reportUntil(
  { outputPath, onReport }: EarlyRequest,
  { video, audio }: SourceProbe & { video: SourceVideo },
  rung: EarlyRung,
  ended: AbortSignal,
): Promise<void> {
  const folder = join(outputPath, rung.name)
  let count = 0
  for (let isLast = false; !isLast; ) {
    isLast = ended.aborted
    const { segments } = parseMediaPlaylist(
      await readFile(join(folder, MEDIA_PLAYLIST), 'utf8').catch(() => ''),
    )
    const codec = segments.length > count ? await findFileCodec(join(folder, INIT_SEGMENT)) : null
    if (codec !== null) {
      count = segments.length
      const availableSeconds = segments.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0)
      const codecs = audio ? `${codec},${AAC_CODEC}` : codec
      onReport?.({ availableSeconds, rung: { ...rung, codecs, frameRate: video.frameRate } })
    }
    if (!isLast) await sleep(LOOK_MS)
  }
}

/** Whether a failure says something of the file rather than of us. */
export function isSourceFailure(error: unknown): boolean {
  return isPeekrError(error) && error.code.startsWith('source_')
}
