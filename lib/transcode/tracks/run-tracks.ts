import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CAPTIONS } from '#lib/domain/media-paths'
import type { SegmentFormat } from '#lib/domain/rendition'
import type { SourceProbe } from '#lib/domain/source-probe'
import type { KeptTrack, PlannedTrack, TracksResult } from '#lib/domain/tracks'
import { parseCues, writeCaptions } from '#lib/hls/rebuild-captions'
import { buildInputGuard } from '#lib/media/allowed-formats'
import { keepStart } from '#lib/media/keep-start'
import { MEDIA_LIMITS } from '#lib/media/media-limits'
import type { MediaTools } from '#lib/media/media-tools'
import { requireSuccess, runFfmpeg } from '#lib/media/run-ffmpeg'
import { TIMELINE_START_SECONDS } from '#lib/transcode/plan-encode'
import { runSound } from '#lib/transcode/run-sound'
import { planTracks } from '#lib/transcode/tracks/plan-tracks'

export interface TracksRequest {
  sourcePath: string
  /** An empty folder; each track gets a folder in it. */
  outputPath: string
  probe: SourceProbe
  segmentFormat: SegmentFormat
  tools: MediaTools
  signal?: AbortSignal
  onProgress?: (fraction: number) => void
}

const DEADLINE_MS = { base: 180_000, perSecond: 2_000 }
const FAULTS_OF_THE_TRACK = [
  'source_no_decoder',
  'source_corrupt',
  'source_truncated',
  'source_not_media',
  'unknown',
]

/**
 * Makes every track of a source but the main sound: each other sound a rendition of its own, subtitles WebVTT. A track that
 * cannot be read is left out with a sentence: the video is one without it.
 * @throws encode_timeout, output_invalid, disk_full, cancelled and what else is no fault of the track
 */
export async function runTracks(request: TracksRequest): Promise<TracksResult> {
  const { probe, onProgress } = request
  const plan = planTracks(probe)
  const made: TracksResult = {
    main: plan.main,
    sounds: [],
    subtitles: [],
    leftOut: [...plan.leftOut],
    log: [],
  }
  const count = plan.sounds.length + plan.subtitles.length
  const add = (kind: 'sounds' | 'subtitles', track: PlannedTrack, { sentence, log }: Made) => {
    if (sentence === null) made[kind].push(toKept(track))
    else made.leftOut.push(sentence)
    made.log.push(...log)
    onProgress?.((made.sounds.length + made.subtitles.length) / count)
  }
  for (const track of plan.sounds) add('sounds', track, await makeSound(request, track))
  for (const track of plan.subtitles) add('subtitles', track, await makeSubtitles(request, track))
  onProgress?.(1)
  return made
}

/** Without a sentence, it is there. */
interface Made {
  sentence: string | null
  log: string[]
}

function toKept({ folder, language, name }: PlannedTrack): KeptTrack {
  return { folder, language, name }
}

async function makeSound(request: TracksRequest, track: PlannedTrack): Promise<Made> {
  const { streamIndex, folder, name } = track
  const { onProgress: _, ...rest } = request
  const sound = await runSound({ ...rest, track: { streamIndex, folder } })
  const sentence = `The sound “${name}” could not be decoded, so it was left out.`
  return { sentence: sound.present ? null : sentence, log: sound.log }
}

async function makeSubtitles(request: TracksRequest, track: PlannedTrack): Promise<Made> {
  const { outputPath, probe, tools, sourcePath, signal } = request
  const folder = join(outputPath, track.folder)
  await mkdir(folder, { recursive: true })
  const result = await runFfmpeg({
    tools,
    inputPath: sourcePath,
    outputPath,
    buildArguments: ({ input, output }) =>
      planSubtitles(input, `${output}/${track.folder}/${RAW}`, track.streamIndex, probe.container),
    pixels: 0,
    background: true,
    deadlineMs: DEADLINE_MS.base + DEADLINE_MS.perSecond * (probe.durationSeconds ?? 3600),
    // Subtitles are sparse: reading on to the next one is not standing still.
    stallMs: DEADLINE_MS.base,
    signal,
  })
  const leaveOut = async (why: string): Promise<Made> => {
    await rm(folder, { recursive: true, force: true })
    return { sentence: `The subtitles “${track.name}” ${why}, so they were left out.`, log: result.log }
  }
  if (result.reason !== null) {
    if (!FAULTS_OF_THE_TRACK.includes(result.reason)) requireSuccess(result)
    return leaveOut('could not be read')
  }
  const cues = parseCues(await readFile(join(folder, RAW), 'utf8'), probe.durationSeconds)
  if (cues.length === 0) return leaveOut('hold no text')
  await rm(join(folder, RAW))
  await writeFile(join(folder, CAPTIONS), writeCaptions(cues, TIMELINE_START_SECONDS))
  return { sentence: null, log: result.log }
}

const RAW = 'raw.vtt'

/** FFmpeg's arguments for one stream of subtitles as WebVTT, its times counted from the film's zero. Pure. */
export function planSubtitles(
  inputPath: string,
  outputPath: string,
  streamIndex: number,
  container: string,
): string[] {
  return [
    ...buildInputGuard(),
    ...keepStart(container),
    ...['-t', String(MEDIA_LIMITS.durationSecondsMax), '-i', `file:${inputPath}`],
    ...['-map', `0:${streamIndex}`, '-map_metadata', '-1', '-map_chapters', '-1'],
    ...['-c:s', 'webvtt', '-f', 'webvtt', outputPath],
  ]
}
