import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CopyRefused } from '#lib/domain/copy-refusal'
import { INIT_SEGMENT, segmentName } from '#lib/domain/media-paths'
import { buildFragmentHead, type FragmentSample } from '#lib/mp4/build-fragment'
import { buildInit } from '#lib/mp4/build-init'
import { TICKS_PER_SECOND } from '#lib/mp4/lay-out-pictures'
import { NAL, readNalUnits } from '#lib/mp4/nal-units'
import type { AvcEntry } from '#lib/mp4/parse-avc-entry'
import { readSamples } from '#lib/mp4/read-samples'
import type { Copy } from '#lib/transcode/copy/plan-copy'
import { TIMELINE_START_SECONDS } from '#lib/transcode/plan-encode'

/** Where a copy goes; `sounds` is null when the sound is not copied. */
export interface CopyFolders {
  pictures: string
  sounds: string | null
}

/** Makes the folders of a copy and writes their init segments. Twice is safe. */
export async function openCopyFolders(copy: Copy, { pictures, sounds }: CopyFolders): Promise<void> {
  await mkdir(pictures, { recursive: true })
  await writeAside(join(pictures, INIT_SEGMENT), [buildInit(copy.video.entry, TICKS_PER_SECOND)])
  if (sounds === null || copy.sound === null) return
  const { entry } = copy.sound.stream
  await mkdir(sounds, { recursive: true })
  await writeAside(join(sounds, INIT_SEGMENT), [buildInit(entry, entry.sampleRate)])
}

/**
 * Writes one segment of a copy as fragmented MP4, each file whole or not at all. The sound comes first: a picture without it would be
 * offered to players, which then wait. Twice is safe: what is there at its full length is not written again.
 * @returns whether there was sound to be written
 * @throws CopyRefused when the packets are not what the index promised
 */
export async function writeSegment(copy: Copy, index: number, folders: CopyFolders): Promise<boolean> {
  const hasSound = folders.sounds !== null && copy.sound !== null && index < copy.sound.segments.length
  if (hasSound && folders.sounds !== null) await writeSound(copy, index, folders.sounds)
  await writePictures(copy, index, folders.pictures)
  return hasSound
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
export function requirePackets(
  data: Buffer,
  samples: readonly { sizeBytes: number }[],
  entry: AvcEntry,
): void {
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
