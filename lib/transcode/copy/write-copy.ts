import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { CopyOutcome, CopyProgress } from '#lib/domain/copy-plan'
import { CopyRefused, findRefusal } from '#lib/domain/copy-refusal'
import { AUDIO_FOLDER, INIT_SEGMENT, segmentName } from '#lib/domain/media-paths'
import type { LadderRung, SegmentFormat } from '#lib/domain/rendition'
import type { SourceProbe } from '#lib/domain/source-probe'
import { PeekrError } from '#lib/errors'
import type { MediaTools } from '#lib/media/media-tools'
import { buildFragmentHead, type FragmentSample } from '#lib/mp4/build-fragment'
import { buildInit } from '#lib/mp4/build-init'
import { TICKS_PER_SECOND } from '#lib/mp4/lay-out-pictures'
import { NAL, readNalUnits } from '#lib/mp4/nal-units'
import type { AvcEntry } from '#lib/mp4/parse-avc-entry'
import { readSamples } from '#lib/mp4/read-samples'
import { exists } from '#lib/storage/exists'
import { explainRefusal } from '#lib/transcode/copy/decide-copy'
import { type Copy, openCopy } from '#lib/transcode/copy/plan-copy'
import { type IndexedSource, remuxSource } from '#lib/transcode/copy/remux-source'
import { writeTransport } from '#lib/transcode/copy/write-transport'
import { TIMELINE_START_SECONDS } from '#lib/transcode/plan-encode'

export interface CopyRequest {
  sourcePath: string
  /** For a source without an index of its own: where it was remuxed to. If that is gone, it is made again. */
  remuxedPath: string | null
  /** An empty folder for what is only needed meanwhile. */
  workPath: string
  segmentFormat: SegmentFormat
  tools: MediaTools
  /** The revision's folder; the rung's and the sound's are made in it. */
  outputPath: string
  /** The copied rung. */
  rung: LadderRung
  probe: SourceProbe
  /** Whether the sound is copied too, as the plan says. */
  withSound: boolean
  /** Stops when there are so many segments; as transport streams all are made at once. */
  segmentsMax?: number
  signal?: AbortSignal
  /** Called after each segment; what it counts can be fetched. */
  onSegment?: (progress: CopyProgress) => void
}

/**
 * Writes the copied rung, and as fragmented MP4 the sound beside it: the first segments first, each whole or not at all.
 * Packets are the source's, bit for bit. Twice is safe: what is there already, at its full length, is not written again.
 * @throws cancelled; what the disk says.
 */
export async function writeCopy(request: CopyRequest): Promise<CopyOutcome> {
  try {
    return { kind: 'copied', ...(await writeAll(request)) }
  } catch (error) {
    const refusal = findRefusal(error)
    if (refusal === null) throw error
    return { kind: 'refused', refusal, sentence: explainRefusal(refusal) }
  }
}

/** @throws CopyRefused when the packets are not what the index promised. */
async function writeAll(request: CopyRequest): Promise<CopyProgress> {
  const source = await findSource(request)
  const file = await open(source.path)
  try {
    const copy = await openCopy(file, source.probe, request.rung)
    const folder = join(request.outputPath, request.rung.name)
    const soundFolder = join(request.outputPath, AUDIO_FOLDER)
    await mkdir(folder, { recursive: true })
    if (request.segmentFormat === 'ts') return await writeAsTransport(request, source, copy, folder)
    await writeAside(join(folder, INIT_SEGMENT), [buildInit(copy.video.entry, TICKS_PER_SECOND)])
    const sound = request.withSound ? copy.sound : null
    if (sound) {
      await mkdir(soundFolder, { recursive: true })
      const init = buildInit(sound.stream.entry, sound.stream.entry.sampleRate)
      await writeAside(join(soundFolder, INIT_SEGMENT), [init])
    }
    const progress: CopyProgress = { pictures: 0, sounds: 0 }
    for (const index of copy.segments.keys()) {
      if (request.signal?.aborted) throw new PeekrError('cancelled')
      if (index === request.segmentsMax) return progress
      // The sound first: a picture without it would be offered to players, which then wait.
      if (sound && index < sound.segments.length) {
        await writeSound(copy, index, soundFolder)
        progress.sounds = index + 1
      }
      await writePictures(copy, index, folder)
      progress.pictures = index + 1
      request.onSegment?.({ ...progress })
    }
    for (const done of sound ? [folder, soundFolder] : [folder]) await removeLeftovers(done)
    return progress
  } finally {
    await file.close()
  }
}

async function findSource({ remuxedPath, sourcePath, probe, workPath, tools, signal }: CopyRequest) {
  if (remuxedPath === null) return { path: sourcePath, probe }
  const isThere = await exists(remuxedPath)
  return remuxSource({
    sourcePath,
    probe,
    workPath: isThere ? dirname(remuxedPath) : workPath,
    tools,
    signal,
  })
}

/** The sound is encoded beside it. */
async function writeAsTransport(
  { workPath, tools, signal, onSegment }: CopyRequest,
  source: IndexedSource,
  copy: Copy,
  folder: string,
): Promise<CopyProgress> {
  for (const { from, to } of copy.segments) {
    if (signal?.aborted) throw new PeekrError('cancelled')
    requirePackets(
      await readSamples(copy.file, copy.video.table, from, to),
      sizesOf(copy, from, to),
      copy.video.entry,
    )
  }
  const report = (pictures: number) => onSegment?.({ pictures, sounds: 0 })
  await writeTransport({ copy, source, workPath, folder, tools, signal, onSegment: report })
  return { pictures: copy.segments.length, sounds: 0 }
}

function sizesOf({ video }: Copy, from: number, to: number): { sizeBytes: number }[] {
  return Array.from(video.table.sizes.subarray(from, to), (sizeBytes) => ({ sizeBytes }))
}

async function writePictures({ file, video, pictures, segments }: Copy, index: number, folder: string) {
  const { from, to } = segments[index] as Copy['segments'][number]
  const { decodeTicks, showTicks, lastDurationTicks } = pictures
  const { sizes, syncs } = video.table
  const samples = Array.from({ length: to - from }, (_, at): FragmentSample => {
    const sample = from + at
    const decoded = decodeTicks[sample] ?? 0
    const next = decodeTicks[sample + 1] ?? decoded + lastDurationTicks
    return {
      sizeBytes: sizes[sample] ?? 0,
      durationTicks: next - decoded,
      offsetTicks: (showTicks[sample] ?? 0) - decoded,
      sync: syncs[sample] === 1,
    }
  })
  const start = (decodeTicks[from] ?? 0) + TIMELINE_START_SECONDS * TICKS_PER_SECOND
  const head = buildFragmentHead(index + 1, start, samples)
  const path = join(folder, segmentName('fmp4', index))
  if (await hasLength(path, head.length + sumOf(samples))) return
  const data = await readSamples(file, video.table, from, to)
  requirePackets(data, samples, video.entry)
  await writeAside(path, [head, data])
}

async function writeSound({ file, sound }: Copy, index: number, folder: string): Promise<void> {
  if (sound === null) return
  const { stream, layout, segments } = sound
  const { from, to } = segments[index] as (typeof segments)[number]
  const ticksOf = (sample: number) => layout.ticks[sample - layout.from]
  const samples = Array.from({ length: to - from }, (_, at): FragmentSample => {
    const ticks = ticksOf(from + at) ?? 0
    const next = ticksOf(from + at + 1) ?? ticks + layout.lastDurationTicks
    return {
      sizeBytes: stream.table.sizes[from + at] ?? 0,
      durationTicks: next - ticks,
      offsetTicks: 0,
      sync: true,
    }
  })
  const start = (ticksOf(from) ?? 0) + TIMELINE_START_SECONDS * stream.entry.sampleRate
  const head = buildFragmentHead(index + 1, start, samples)
  const path = join(folder, segmentName('fmp4', index))
  if (await hasLength(path, head.length + sumOf(samples))) return
  await writeAside(path, [head, await readSamples(file, stream.table, from, to)])
}

/**
 * Holds the packets to what was promised: NAL units that add up, no parameter set but those of the init segment. One that
 * came in the middle would change the format for whoever seeks behind it only.
 */
function requirePackets(data: Buffer, samples: readonly { sizeBytes: number }[], entry: AvcEntry): void {
  let at = 0
  for (const { sizeBytes } of samples) {
    const units = readNalUnits(data.subarray(at, at + sizeBytes), entry.lengthBytes)
    for (const { type, bytes } of units) {
      if (type !== NAL.sequenceParameters && type !== NAL.pictureParameters) continue
      if (!entry.parameterSets.some((set) => set.equals(trimZeros(bytes)) || set.equals(bytes))) {
        throw new CopyRefused('changing', 'a parameter set that the index does not have')
      }
    }
    at += sizeBytes
  }
}

/** Streams that came from a byte stream may keep its trailing zeros. */
function trimZeros(bytes: Buffer): Buffer {
  let end = bytes.length
  while (end > 0 && bytes[end - 1] === 0) end -= 1
  return bytes.subarray(0, end)
}

/** What a writer that was killed had not finished. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.startsWith('.')) await rm(join(folder, name), { force: true })
}

function sumOf(samples: readonly FragmentSample[]): number {
  return samples.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
}

async function hasLength(path: string, sizeBytes: number): Promise<boolean> {
  const { size } = await stat(path).catch(() => ({ size: -1 }))
  return size === sizeBytes
}

/**
 * Not flushed to disk one by one: publishing does that for the whole revision at once. Each writer has a name of its own aside:
 * one that lost its lease may still be at it, and must not cut short what the other is about to rename.
 */
async function writeAside(path: string, parts: Uint8Array[]): Promise<void> {
  const aside = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
  const file = await open(aside, 'wx', 0o644)
  try {
    await file.writev(parts)
  } catch (error) {
    await rm(aside, { force: true })
    throw error
  } finally {
    await file.close()
  }
  await rename(aside, path)
}
