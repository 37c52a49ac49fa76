import { open, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { INIT_SEGMENT, MEDIA_PLAYLIST } from '#lib/domain/media-paths'
import type { SegmentFormat } from '#lib/domain/rendition'
import { findAvcCodec } from '#lib/hls/codec-string'
import { type Bitrate, measureBitrate } from '#lib/hls/measure-bitrate'
import {
  type MediaPlaylist,
  parseMediaPlaylist,
  targetDuration,
  writeMediaPlaylist,
} from '#lib/hls/media-playlist'
import { readPictureTimes, TICKS_PER_SECOND } from '#lib/hls/read-picture-times'

export interface FinishedRendition extends Bitrate {
  durationSeconds: number
  segmentCount: number
  /** Null for sound. */
  videoCodec: string | null
}

export interface VideoTimeline {
  segmentFormat: SegmentFormat
  /** Where its first picture is. */
  startSeconds: number
  /** How long one picture is shown, on the average. */
  frameSeconds: number
}

const HEAD_BYTES = 64 * 1024

/**
 * Replaces the playlist FFmpeg left in a rendition's folder by Peekr's own, and measures what is there. Running it twice
 * changes nothing more.
 * @param video null for sound.
 * @returns null when nothing was encoded: FFmpeg leaves no playlist, or one without segments.
 */
export async function finishRendition(
  folder: string,
  video: VideoTimeline | null,
): Promise<FinishedRendition | null> {
  const playlistPath = join(folder, MEDIA_PLAYLIST)
  const text = await readFile(playlistPath, 'utf8').catch(nullIfAbsent)
  const playlist = parseMediaPlaylist(text ?? '')
  const [first, last] = [playlist.segments[0], playlist.segments.at(-1)]
  if (first === undefined || last === undefined) return null
  if (video) last.durationSeconds = await measureLast(folder, playlist.segments, video)
  await writeFile(playlistPath, writeMediaPlaylist(playlist))
  const sized = await Promise.all(
    playlist.segments.map(async ({ name, durationSeconds }) => {
      const { size } = await stat(join(folder, name))
      return { durationSeconds, sizeBytes: size }
    }),
  )
  return {
    ...measureBitrate(sized, targetDuration(playlist.segments)),
    durationSeconds: sized.reduce((sum, segment) => sum + segment.durationSeconds, 0),
    segmentCount: sized.length,
    videoCodec: findAvcCodec(await readHead(join(folder, playlist.initSegment ? INIT_SEGMENT : first.name))),
  }
}

/**
 * FFmpeg 5.1 takes the last segment's length from the order of decoding, so it is up to three frames too long, or far off
 * with a variable frame rate. The lengths of the others are differences of times and exact.
 */
async function measureLast(
  folder: string,
  segments: MediaPlaylist['segments'],
  { segmentFormat, startSeconds, frameSeconds }: VideoTimeline,
): Promise<number> {
  const before = segments.slice(0, -1).reduce((sum, { durationSeconds }) => sum + durationSeconds, 0)
  const name = segments.at(-1)?.name ?? ''
  const ticks = readPictureTimes(await readFile(join(folder, name)), segmentFormat).at(-1)
  const said = segments.at(-1)?.durationSeconds ?? 0
  if (ticks === undefined) return said
  return Math.max(frameSeconds, ticks / TICKS_PER_SECOND - startSeconds - before + frameSeconds)
}

async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

function nullIfAbsent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
