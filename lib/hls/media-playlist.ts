/** A finished media playlist (RFC 8216 §4.3.2, §4.3.3). */
export interface MediaPlaylist {
  /** The init segment's name for fragmented MP4; null for a transport stream. */
  initSegment: string | null
  segments: { name: string; durationSeconds: number }[]
}

/**
 * The text of a VOD media playlist. Pure. EXT-X-TARGETDURATION is the longest segment, rounded to the nearest second,
 * as §4.3.3.1 wants it; EXT-X-MAP needs version 6, and 7 outside I-frame playlists is what FFmpeg writes.
 */
export function writeMediaPlaylist({ initSegment, segments }: MediaPlaylist): string {
  return [
    '#EXTM3U',
    `#EXT-X-VERSION:${initSegment ? 7 : 6}`,
    `#EXT-X-TARGETDURATION:${targetDuration(segments)}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    '#EXT-X-PLAYLIST-TYPE:VOD',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...(initSegment ? [`#EXT-X-MAP:URI="${initSegment}"`] : []),
    ...segments.flatMap(({ name, durationSeconds }) => [`#EXTINF:${durationSeconds.toFixed(6)},`, name]),
    '#EXT-X-ENDLIST',
    '',
  ].join('\n')
}

/** The whole seconds no segment is longer than once rounded; at least 1. */
export function targetDuration(segments: MediaPlaylist['segments']): number {
  return Math.max(1, ...segments.map(({ durationSeconds }) => Math.round(durationSeconds)))
}

/** Reads a media playlist of our own encoder. Tags it does not need are skipped. */
export function parseMediaPlaylist(text: string): MediaPlaylist {
  const segments: MediaPlaylist['segments'] = []
  let initSegment: string | null = null
  let durationSeconds: number | null = null
  for (const line of text.split(/\r?\n/)) {
    const duration = /^#EXTINF:([\d.]+)/.exec(line)?.[1]
    const map = /^#EXT-X-MAP:.*URI="([^"]+)"/.exec(line)?.[1]
    if (map) initSegment = map
    if (duration) durationSeconds = Number(duration)
    if (line === '' || line.startsWith('#') || durationSeconds === null) continue
    segments.push({ name: line, durationSeconds })
    durationSeconds = null
  }
  return { initSegment, segments }
}
