import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { UnitSegment } from '#lib/domain/encode-plan'
import { MEDIA_PLAYLIST } from '#lib/domain/media-paths'
import type { LadderRung, SegmentFormat } from '#lib/domain/rendition'
import { PeekrError } from '#lib/errors'
import { parseMediaPlaylist } from '#lib/hls/media-playlist'
import { readPictureTimes, TICKS_PER_SECOND } from '#lib/hls/read-picture-times'
import type { Proof } from '#lib/transcode/start-proof'

export interface CheckedUnit {
  segments: UnitSegment[]
  frameCount: number
  lastTicks: number | null
  durationSeconds: number
}

interface RungTimes {
  name: string
  /** The times of each segment's pictures; segments without one are left out. */
  segments: { number: number; times: number[] }[]
}

/**
 * Proves a unit that is written: every rung has the same pictures at the same times in the same segments, none twice, and
 * all of them decode. A unit without a picture is fine: the source may end before it.
 * @throws output_invalid naming the rung; encode_timeout, cancelled
 */
export async function checkUnit(request: {
  outputPath: string
  rungs: readonly LadderRung[]
  segmentFormat: SegmentFormat
  /** Of the same rungs; most of it may be done by now. */
  proof: Proof
}): Promise<CheckedUnit> {
  const { outputPath, rungs, segmentFormat, proof } = request
  const read = await Promise.all(rungs.map(({ name }) => readTimes(outputPath, name, segmentFormat)))
  const [first, ...others] = read
  if (first === undefined) throw new PeekrError('internal', { details: { rungs: 0 } })
  for (const other of others) {
    if (JSON.stringify(other.segments) !== JSON.stringify(first.segments))
      throw invalid({ rendition: other.name, differsFrom: first.name })
  }
  const times = first.segments.flatMap((segment) => segment.times)
  const wrong = times.findIndex((time, at) => at > 0 && time <= (times[at - 1] ?? 0))
  if (wrong !== -1) throw invalid({ rendition: first.name, frame: wrong, ticks: times[wrong] })
  const lastTicks = times.at(-1) ?? null
  const durationSeconds = lastTicks === null ? 0 : (lastTicks - (times[0] ?? 0)) / TICKS_PER_SECOND
  if (lastTicks !== null) {
    for (const [name, frames] of await proof.finish())
      if (frames !== times.length) throw invalid({ rendition: name, frames, expected: times.length })
  }
  const segments = first.segments.map(({ number, times: [start = 0] }) => ({ number, startTicks: start }))
  return { segments, frameCount: times.length, lastTicks, durationSeconds }
}

async function readTimes(outputPath: string, name: string, format: SegmentFormat): Promise<RungTimes> {
  const folder = join(outputPath, name)
  const text = await readFile(join(folder, MEDIA_PLAYLIST), 'utf8').catch(() => '')
  const segments: RungTimes['segments'] = []
  for (const { name: file } of parseMediaPlaylist(text).segments) {
    const times = readPictureTimes(await readFile(join(folder, file)), format)
    if (times.length > 0) segments.push({ number: Number(/\d{5}/.exec(file)?.[0]), times })
  }
  return { name, segments }
}

function invalid(details: Record<string, unknown>): PeekrError {
  return new PeekrError('output_invalid', { details })
}
