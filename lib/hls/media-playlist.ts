/** A media playlist (RFC 8216 §4.3.2, §4.3.3). */
export interface MediaPlaylist {
  /** The init segment's name for fragmented MP4; null for a transport stream. */
  initSegment: string | null
  segments: PlaylistSegment[]
}

export interface PlaylistSegment {
  name: string
  durationSeconds: number
  /** Given where what was encoded differently begins: the init segment from here on, null for a transport stream. */
  newInit?: string | null
}

/**
 * The text of a media playlist. Pure. EXT-X-TARGETDURATION is the longest segment, rounded to the nearest second,
 * as §4.3.3.1 wants it; EXT-X-MAP needs version 6, and 7 outside I-frame playlists is what FFmpeg writes.
 * @param growing whether segments will follow: then it is an EVENT, to which a server only adds (§4.3.3.5), and the target
 * duration, which must not change either, is at least `targetSeconds`.
 */
export function writeMediaPlaylist(
  { initSegment, segments }: MediaPlaylist,
  { growing = false, targetSeconds = 1 }: { growing?: boolean; targetSeconds?: number } = {},
): string {
  const target = growing ? Math.max(targetSeconds, targetDuration(segments)) : targetDuration(segments)
  return [
    '#EXTM3U',
    `#EXT-X-VERSION:${initSegment ? 7 : 6}`,
    `#EXT-X-TARGETDURATION:${target}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    `#EXT-X-PLAYLIST-TYPE:${growing ? 'EVENT' : 'VOD'}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...(initSegment ? [`#EXT-X-MAP:URI="${initSegment}"`] : []),
    ...segments.flatMap(writeSegment),
    ...(growing ? [] : ['#EXT-X-ENDLIST']),
    '',
  ].join('\n')
}

function writeSegment({ name, durationSeconds, newInit }: PlaylistSegment): string[] {
  const change = newInit === undefined ? [] : ['#EXT-X-DISCONTINUITY']
  const map = newInit ? [`#EXT-X-MAP:URI="${newInit}"`] : []
  return [...change, ...map, `#EXTINF:${durationSeconds.toFixed(6)},`, name]
}

/** The whole seconds no segment is longer than once rounded; at least 1. */
export function targetDuration(segments: readonly PlaylistSegment[]): number {
  return segments.reduce((longest, { durationSeconds }) => Math.max(longest, Math.round(durationSeconds)), 1)
}

/** Reads a media playlist of our own encoder. Tags it does not need are skipped. */
export function parseMediaPlaylist(text: string): MediaPlaylist {
  const segments: MediaPlaylist['segments'] = []
  let initSegment: string | null = null
  let durationSeconds: number | null = null
  for (const line of text.split(/\r?\n/)) {
    const duration = /^#EXTINF:([\d.]+)/.exec(line)?.[1]
    const map = /^#EXT-X-MAP:.*URI="([^"]+)"/.exec(line)?.[1]
    if (map) initSegment ??= map
    if (duration) durationSeconds = Number(duration)
    if (line === '' || line.startsWith('#') || durationSeconds === null) continue
    segments.push({ name: line, durationSeconds })
    durationSeconds = null
  }
  return { initSegment, segments }
}
