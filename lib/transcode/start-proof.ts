import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MEDIA_PLAYLIST } from '#lib/domain/media-paths'
import type { LadderRung } from '#lib/domain/rendition'
import { type MediaPlaylist, parseMediaPlaylist, writeMediaPlaylist } from '#lib/hls/media-playlist'
import { decodeAll } from '#lib/media/decode-all'
import type { MediaTools } from '#lib/media/media-tools'

export interface ProofRequest {
  /** Holds a folder a rung, in which FFmpeg lists what is whole. */
  outputPath: string
  rungs: readonly LadderRung[]
  /** How many segments each will have; null when the end of the source is not known. */
  segmentCount: number | null
  tools: MediaTools
  signal?: AbortSignal
}

/** How many frames decoded, by rung. */
export type DecodedFrames = ReadonlyMap<string, number>

export interface Proof {
  /** To be called while the encode goes on, as often as wanted: begins to decode what is closed by now. Never throws. */
  look(): void
  /** Decodes the rest, once all is written. @throws output_invalid, encode_timeout, cancelled */
  finish(): Promise<DecodedFrames>
  /** Gives up, as the encode has. Resolves when nothing of it runs any more. */
  drop(): Promise<void>
}

/** Some segments of one rung, from one on. */
interface RungPart {
  rung: LadderRung
  from: number
  list: MediaPlaylist
}

/**
 * Each start of FFmpeg costs a tenth of a second, so two at a time; but the last one is closed only when the encode ends, and
 * nothing else should be left for then.
 */
const SEGMENTS_MIN = 2

/**
 * Decodes again what is being encoded, each segment once it is closed in every rung. One FFmpeg that encodes leaves
 * processors idle now and then, and a proof that waited for its end would leave others so.
 */
export function startProof(request: ProofRequest): Proof {
  const { rungs } = request
  const frames = new Map(rungs.map(({ name }) => [name, 0]))
  const dropped = new AbortController()
  const signal = request.signal ? AbortSignal.any([request.signal, dropped.signal]) : dropped.signal
  let begun = 0
  let running: Promise<void> | null = null
  let failure: unknown = null

  const takeNext = async (isEnough: (count: number, closed: number) => boolean): Promise<RungPart[]> => {
    const lists = await Promise.all(rungs.map(({ name }) => readList(join(request.outputPath, name))))
    const [from, closed] = [begun, Math.min(...lists.map(({ segments }) => segments.length))]
    if (!isEnough(closed - from, closed)) return []
    begun = closed
    return rungs.map((rung, at) => {
      const { initSegment = null, segments = [] } = lists[at] ?? {}
      return { rung, from, list: { initSegment, segments: segments.slice(from, closed) } }
    })
  }
  const prove = async (parts: RungPart[], aside: boolean) => {
    if (parts.length === 0) return
    for (const [name, count] of await decodeParts({ ...request, signal }, parts, aside))
      frames.set(name, (frames.get(name) ?? 0) + count)
  }
  const proveClosed = async () => {
    const beforeLast = request.segmentCount === null ? null : request.segmentCount - 1
    const isEnough = (count: number, closed: number) => count >= (closed === beforeLast ? 1 : SEGMENTS_MIN)
    await prove(await takeNext(isEnough), true)
  }
  // Nothing else is at work by now: the largest rung is about as much to decode as all others.
  const proveRest = async () => {
    const [largest, ...others] = await takeNext((count) => count > 0)
    const halves = [prove(largest ? [largest] : [], false), prove(others, false)]
    for (const half of await Promise.allSettled(halves)) if (half.status === 'rejected') throw half.reason
  }

  return {
    look() {
      if (running !== null || failure !== null || signal.aborted) return
      running = proveClosed()
        .catch((error) => {
          failure = error
        })
        .finally(() => {
          running = null
        })
    },
    async finish() {
      const [rest] = await Promise.allSettled([proveRest(), running])
      if (failure !== null) throw failure
      if (rest.status === 'rejected') throw rest.reason
      return frames
    },
    async drop() {
      dropped.abort()
      await running
    },
  }
}

async function readList(folder: string): Promise<MediaPlaylist> {
  const text = await readFile(join(folder, MEDIA_PLAYLIST), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '' // nothing is closed yet
    throw error
  })
  return parseMediaPlaylist(text)
}

/** Decodes some segments of some rungs; how many frames each rung had. */
async function decodeParts(
  request: Omit<ProofRequest, 'rungs'>,
  parts: readonly RungPart[],
  aside: boolean,
): Promise<[string, number][]> {
  const { outputPath, tools, signal } = request
  const playlist = `proof-${parts[0]?.from}.m3u8`
  const paths = parts.map(({ rung }) => join(outputPath, rung.name, playlist))
  try {
    for (const [at, { list }] of parts.entries()) await writeFile(paths[at] ?? '', writeMediaPlaylist(list))
    const { counts } = await decodeAll({
      path: outputPath,
      folders: parts.map(({ rung }) => rung.name),
      playlist,
      aside,
      pixels: parts.reduce((sum, { rung }) => sum + rung.width * rung.height, 0),
      durationSeconds: sumSeconds(parts[0]?.list),
      tools,
      signal,
    })
    return parts.map(({ rung }, file) => {
      const input = counts.inputs.find((found) => found.file === file && found.kind === 'video')
      return [rung.name, input?.frames ?? 0]
    })
  } finally {
    await Promise.all(paths.map((path) => rm(path, { force: true })))
  }
}

function sumSeconds(list: MediaPlaylist | undefined): number {
  return (list?.segments ?? []).reduce((sum, { durationSeconds }) => sum + durationSeconds, 0)
}
