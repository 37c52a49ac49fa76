import { type FileHandle, open, stat } from 'node:fs/promises'
import type { CopiedSound, CopyDecision, CopyPlan } from '#lib/domain/copy-plan'
import { CopyRefused, findRefusal } from '#lib/domain/copy-refusal'
import type { LadderRung } from '#lib/domain/rendition'
import type { SourceProbe, SourceVideo } from '#lib/domain/source-probe'
import { findAvcCodec } from '#lib/hls/codec-string'
import { measureBitrate } from '#lib/hls/measure-bitrate'
import { buildInit } from '#lib/mp4/build-init'
import { type LaidOut, layOutPictures, TICKS_PER_SECOND } from '#lib/mp4/lay-out-pictures'
import { cutSound, layOutSound, type SoundLayout } from '#lib/mp4/lay-out-sound'
import { isIntraSlice, NAL, readNalUnits } from '#lib/mp4/nal-units'
import type { AudioEntry } from '#lib/mp4/parse-audio-entry'
import type { AvcEntry } from '#lib/mp4/parse-avc-entry'
import { type PlannedSegment, planSegments } from '#lib/mp4/plan-segments'
import { readAt } from '#lib/mp4/read-movie'
import { readStreams, type Stream } from '#lib/mp4/read-streams'
import {
  explainCopy,
  explainRefusal,
  findCopyRefusal,
  isTooHeavy,
  SOUND_BITRATE_MAX_BPS,
} from '#lib/transcode/copy/decide-copy'
import { headFolders } from '#lib/transcode/copy/head-folders'
import { type IndexedSource, type RemuxRequest, remuxSource } from '#lib/transcode/copy/remux-source'
import { openCopyFolders, writeSegment } from '#lib/transcode/copy/write-segment'

export const COPY_LENGTHS = { firstSeconds: 2, seconds: 4, secondsMax: 10 }
/** One segment is held in memory at a time. */
const SEGMENT_BYTES_MAX = 64 * 1024 ** 2
/** A millisecond: more than any rounding of times, less than any picture lasts. */
const BOUNDARY_TICKS = TICKS_PER_SECOND / 1000
/** In front of a key frame's first slice lie at most parameter sets and a few messages. */
const LOOK_BYTES = 8 * 1024
const LOOKS_AT_ONCE = 8

/** Everything that copying needs; stays in the worker. */
export interface Copy {
  file: FileHandle
  video: Stream<AvcEntry>
  pictures: LaidOut
  segments: PlannedSegment[]
  sound: { stream: Stream<AudioEntry>; layout: SoundLayout; segments: ReturnType<typeof cutSound> } | null
  plan: CopyPlan
}

/**
 * Decides from a source's index whether its picture is copied, and how it is cut. Reads no more than the index and the
 * beginning of some key frames. Never throws for what is wrong with the source: that is an answer.
 * @param rung the ladder's highest, which the copy would replace.
 * @param remux where a source without such an index may be copied into one that has it; without, it is refused.
 * @param headPath where to leave the first segment, while all that it takes is at hand
 */
export async function planCopy(
  sourcePath: string,
  probe: SourceProbe,
  rung: LadderRung,
  remux: Omit<RemuxRequest, 'sourcePath' | 'probe'> | null = null,
  headPath: string | null = null,
): Promise<CopyDecision> {
  try {
    const plan = await planIndexed({ path: sourcePath, probe }, rung, headPath).catch(async (error) => {
      if (findRefusal(error) !== 'container' || remux === null) throw error
      requireWorthwhile(probe, (await stat(sourcePath)).size, rung)
      const source = await remuxSource({ ...remux, sourcePath, probe })
      return { ...(await planIndexed(source, rung, headPath)), remuxed: true }
    })
    return { kind: 'copy', sentence: explainCopy(plan), plan }
  } catch (error) {
    const refusal = findRefusal(error)
    if (refusal === null) throw error
    return { kind: 'encode', refusal, sentence: explainRefusal(refusal) }
  }
}

async function planIndexed(
  { path, probe }: IndexedSource,
  rung: LadderRung,
  headPath: string | null,
): Promise<CopyPlan> {
  const file = await open(path)
  try {
    const copy = await openCopy(file, probe, rung)
    if (headPath !== null) {
      const folders = headFolders(headPath)
      await openCopyFolders(copy, folders)
      await writeSegment(copy, 0, folders)
    }
    return copy.plan
  } finally {
    await file.close()
  }
}

/** Before all of a file is written again: whether it could be copied at all. */
function requireWorthwhile(probe: SourceProbe, sizeBytes: number, rung: LadderRung): void {
  const refusal = findCopyRefusal(probe)
  if (refusal !== null) throw new CopyRefused(refusal, 'by its probe')
  if (probe.durationSeconds === null) return
  const averageBps = (sizeBytes * 8) / probe.durationSeconds - ALL_SOUNDS_BPS
  if (isTooHeavy({ averageBps, peakBps: averageBps }, rung))
    throw new CopyRefused('heavy', `${averageBps} bit/s`)
}

/** What sounds and subtitles may have of a file. */
const ALL_SOUNDS_BPS = 8_000_000

/**
 * Reads an MP4's index and lays out the copy. The same file always gives the same layout.
 * @throws CopyRefused
 */
export async function openCopy(file: FileHandle, probe: SourceProbe, rung: LadderRung): Promise<Copy> {
  const refusal = findCopyRefusal(probe)
  if (refusal !== null || probe.video === null) throw new CopyRefused(refusal ?? 'codec', 'by its probe')
  if (!probe.container.split(',').includes('mp4')) throw new CopyRefused('container', probe.container)
  const { size } = await file.stat()
  const streams = await readStreams(file, size, {
    video: probe.video.streamIndex,
    audio: probe.audio?.streamIndex ?? null,
  })
  const { video } = streams
  const startSeconds = probe.startSeconds ?? 0
  const pictures = layOutPictures(video, {
    startSeconds,
    videoStartSeconds: probe.video.startSeconds ?? startSeconds,
  })
  const segments = planSegments(pictures, video.table.sizes, {
    ...COPY_LENGTHS,
    bytesMax: SEGMENT_BYTES_MAX,
    frameSeconds: 1 / (probe.video.frameRate ?? 30),
  })
  const copy = { file, video, pictures, segments, sound: layOut(streams.audio, startSeconds, segments) }
  const plan = describeCopy(copy)
  if (isTooHeavy(plan, rung)) throw new CopyRefused('heavy', `${plan.averageBps} bit/s`)
  requireShape(video.entry, probe.video)
  await requireKeyFrames(file, video, segments)
  return { ...copy, plan }
}

function layOut(
  stream: Stream<AudioEntry> | null,
  startSeconds: number,
  segments: readonly PlannedSegment[],
): Copy['sound'] {
  const layout = stream && layOutSound(stream, startSeconds)
  if (!stream || !layout) return null
  const starts = segments.map(({ startTicks }) => startTicks / TICKS_PER_SECOND)
  const sound = { stream, layout, segments: cutSound(layout, stream.entry.sampleRate, starts) }
  return describeSound(sound).averageBps > SOUND_BITRATE_MAX_BPS ? null : sound
}

function describeCopy({ video, pictures, segments, sound }: Omit<Copy, 'plan' | 'file'>): CopyPlan {
  const seconds = (ticks: number) => ticks / TICKS_PER_SECOND
  const sized = segments.map(({ durationTicks, sizeBytes }) => ({
    durationSeconds: seconds(durationTicks),
    sizeBytes,
  }))
  return {
    segments: segments.map(({ startTicks, durationTicks }) => ({
      startSeconds: seconds(startTicks),
      durationSeconds: seconds(durationTicks),
    })),
    boundaries: findBoundaries(pictures, segments).map(seconds),
    frameCount: pictures.showTicks.length,
    durationSeconds: sized.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0),
    ...measureBitrate(sized, Math.max(...sized.map(({ durationSeconds }) => durationSeconds))),
    codecs: findAvcCodec(buildInit(video.entry, TICKS_PER_SECOND)) ?? '',
    sound: sound && describeSound(sound),
  }
}

/** A little before each segment's first picture, and after the last one before it. */
function findBoundaries({ showTicks }: LaidOut, segments: readonly PlannedSegment[]): number[] {
  let latest = 0
  return segments.map(({ from, to, startTicks }) => {
    const boundary = startTicks - Math.min((startTicks - latest) / 2, BOUNDARY_TICKS)
    latest = showTicks.subarray(from, to).reduce((max, ticks) => Math.max(max, ticks), latest)
    return boundary
  })
}

function describeSound({ stream, segments }: NonNullable<Copy['sound']>): CopiedSound {
  const { channels, sampleRate } = stream.entry
  const sized = segments.map(({ from, to, durationSeconds }) => ({
    durationSeconds,
    sizeBytes: stream.table.sizes.subarray(from, to).reduce((sum, size) => sum + size, 0),
  }))
  const longest = Math.max(...sized.map(({ durationSeconds }) => durationSeconds))
  return { segments: sized, channels, sampleRate, ...measureBitrate(sized, longest) }
}

function requireShape(entry: AvcEntry, video: SourceVideo): void {
  if (entry.width === video.codedWidth && entry.height === video.codedHeight) return
  throw new CopyRefused('shape', `${entry.width}×${entry.height} in the index`)
}

/** Looks at a few at a time: one by one, an hour of film waits a thousand times for its turn. */
async function requireKeyFrames(file: FileHandle, video: Stream<AvcEntry>, segments: PlannedSegment[]) {
  const starts = segments.values()
  const look = async () => {
    for (const { from } of starts) await requireKeyFrame(file, video, from)
  }
  await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, look))
}

/** A sync sample may be a picture from which decoding merely recovers; only an IDR picture needs nothing before it. */
async function requireKeyFrame(file: FileHandle, { entry, table }: Stream<AvcEntry>, index: number) {
  const length = Math.min(LOOK_BYTES, table.sizes[index] ?? 0)
  const units = readNalUnits(await readAt(file, table.offsets[index] ?? 0, length), entry.lengthBytes, false)
  const slice = units.find(({ type }) => type >= NAL.slice && type <= NAL.idr)
  if (slice?.type !== NAL.idr) throw new CopyRefused('open_gop', `sample ${index} is no IDR picture`)
  if (!isIntraSlice(slice)) throw new CopyRefused('damaged', `sample ${index} is an IDR picture in name only`)
}
