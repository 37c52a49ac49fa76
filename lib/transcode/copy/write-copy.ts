import { mkdir, open, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CopyOutcome, CopyProgress } from '#lib/domain/copy-plan'
import { findRefusal } from '#lib/domain/copy-refusal'
import { AUDIO_FOLDER } from '#lib/domain/media-paths'
import type { LadderRung, SegmentFormat } from '#lib/domain/rendition'
import type { SourceProbe } from '#lib/domain/source-probe'
import { PeekrError } from '#lib/errors'
import type { MediaTools } from '#lib/media/media-tools'
import { readSamples } from '#lib/mp4/read-samples'
import { exists } from '#lib/storage/exists'
import { explainRefusal } from '#lib/transcode/copy/decide-copy'
import { type Copy, openCopy } from '#lib/transcode/copy/plan-copy'
import { type IndexedSource, remuxSource } from '#lib/transcode/copy/remux-source'
import { openCopyFolders, requirePackets, writeSegment } from '#lib/transcode/copy/write-segment'
import { writeTransport } from '#lib/transcode/copy/write-transport'

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
    const pictures = join(request.outputPath, request.rung.name)
    if (request.segmentFormat === 'ts') {
      await mkdir(pictures, { recursive: true })
      return await writeAsTransport(request, source, copy, pictures)
    }
    const sounds = request.withSound && copy.sound ? join(request.outputPath, AUDIO_FOLDER) : null
    const folders = { pictures, sounds }
    await openCopyFolders(copy, folders)
    const progress: CopyProgress = { pictures: 0, sounds: 0 }
    for (const index of copy.segments.keys()) {
      if (request.signal?.aborted) throw new PeekrError('cancelled')
      if (await writeSegment(copy, index, folders)) progress.sounds = index + 1
      progress.pictures = index + 1
      request.onSegment?.({ ...progress })
    }
    for (const folder of [pictures, sounds]) if (folder !== null) await removeLeftovers(folder)
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

/** What a writer that was killed had not finished. */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (name.startsWith('.')) await rm(join(folder, name), { force: true })
}
