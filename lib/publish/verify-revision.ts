import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { EncodeResult } from '#lib/domain/encoding'
import { AUDIO_FOLDER, MEDIA_PLAYLIST } from '#lib/domain/media-paths'
import { PeekrError } from '#lib/errors'
import { parseMediaPlaylist } from '#lib/hls/media-playlist'

/**
 * Proves that a revision has every file its playlists name and that they end together. What is in the segments was
 * proved unit by unit: each was decoded before it was adopted, and each border was seen alike from both sides.
 * @throws output_invalid naming the rendition and what is wrong with it.
 */
export async function verifyRevision(
  revisionPath: string,
  encoded: Pick<EncodeResult, 'renditions' | 'audio' | 'tracks' | 'durationSeconds'>,
): Promise<void> {
  const { renditions, audio, tracks, durationSeconds } = encoded
  const pictures = renditions.map(({ name }) => name)
  const others = [...(tracks?.sounds ?? []), ...(tracks?.subtitles ?? [])].map(({ folder }) => folder)
  for (const name of [...pictures, ...(audio ? [AUDIO_FOLDER] : []), ...others]) {
    const folder = join(revisionPath, name)
    const text = await readFile(join(folder, MEDIA_PLAYLIST), 'utf8').catch(() => '')
    const { initSegment, segments } = parseMediaPlaylist(text)
    if (segments.length === 0 || !text.includes('#EXT-X-ENDLIST'))
      throw invalid({ rendition: name, open: true })
    for (const file of [...(initSegment ? [initSegment] : []), ...segments.map((segment) => segment.name)]) {
      const sizeBytes = await stat(join(folder, file)).then(
        ({ size }) => size,
        () => 0,
      )
      if (sizeBytes === 0) throw invalid({ rendition: name, missing: file })
    }
    const seconds = segments.reduce((sum, segment) => sum + segment.durationSeconds, 0)
    if (pictures.includes(name) && Math.abs(seconds - durationSeconds) > TOLERANCE_SECONDS)
      throw invalid({ rendition: name, seconds, expected: durationSeconds })
  }
}

const TOLERANCE_SECONDS = 0.1

function invalid(details: Record<string, unknown>): PeekrError {
  return new PeekrError('output_invalid', { details })
}
