import { open, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { INIT_SEGMENT, MEDIA_PLAYLIST } from '#lib/domain/media-paths'
import { findAvcCodec } from '#lib/hls/codec-string'
import { type Bitrate, measureBitrate } from '#lib/hls/measure-bitrate'
import { parseMediaPlaylist, targetDuration, writeMediaPlaylist } from '#lib/hls/media-playlist'

export interface FinishedRendition extends Bitrate {
  durationSeconds: number
  segmentCount: number
  /** Null for sound. */
  videoCodec: string | null
}

const HEAD_BYTES = 64 * 1024

/**
 * Replaces the playlist FFmpeg left in a rendition's folder by Peekr's own, and measures what is there.
 * @returns null when nothing was encoded: FFmpeg leaves no playlist, or one without segments.
 */
export async function finishRendition(folder: string): Promise<FinishedRendition | null> {
  const playlistPath = join(folder, MEDIA_PLAYLIST)
  const text = await readFile(playlistPath, 'utf8').catch(nullIfAbsent)
  const playlist = parseMediaPlaylist(text ?? '')
  const [first] = playlist.segments
  if (first === undefined) return null
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
