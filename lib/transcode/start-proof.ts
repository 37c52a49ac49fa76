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

/** Each start of FFmpeg costs a tenth of a second; a segment alone would hardly take longer. */
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

  const proveNext = async (least: number, aside: boolean) => {
    const lists = await Promise.all(rungs.map(({ name }) => readList(join(request.outputPath, name))))
    const [from, closed] = [begun, Math.min(...lists.map(({ segments }) => segments.length))]
    if (closed - from < least) return
    begun = closed
    const part = lists.map((list) => ({ ...list, segments: list.segments.slice(from, closed) }))
    for (const [name, count] of await decodePart({ ...request, signal }, part, { from, aside }))
      frames.set(name, (frames.get(name) ?? 0) + count)
  }

  return {
    look() {
      if (running !== null || failure !== null || signal.aborted) return
      running = proveNext(SEGMENTS_MIN, true)
        .catch((error) => {
          failure = error
        })
        .finally(() => {
          running = null
        })
    },
    async finish() {
      // What is under way has one thread, and leaves room for the rest.
      const [rest] = await Promise.allSettled([proveNext(1, false), running])
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

/** Decodes some segments of every rung; how many frames each had. */
async function decodePart(
  request: ProofRequest,
  lists: readonly MediaPlaylist[],
  { from, aside }: { from: number; aside: boolean },
): Promise<[string, number][]> {
  const { outputPath, rungs, tools, signal } = request
  const playlist = `proof-${from}.m3u8`
  const paths = rungs.map(({ name }) => join(outputPath, name, playlist))
  try {
    for (const [at, list] of lists.entries()) await writeFile(paths[at] ?? '', writeMediaPlaylist(list))
    const { counts } = await decodeAll({
      path: outputPath,
      folders: rungs.map(({ name }) => name),
      playlist,
      aside,
      pixels: rungs.reduce((sum, { width, height }) => sum + width * height, 0),
      durationSeconds: lists[0]?.segments.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0) ?? 0,
      tools,
      signal,
    })
    return rungs.map(({ name }, file) => {
      const input = counts.inputs.find((found) => found.file === file && found.kind === 'video')
      return [name, input?.frames ?? 0]
    })
  } finally {
    await Promise.all(paths.map((path) => rm(path, { force: true })))
  }
}
