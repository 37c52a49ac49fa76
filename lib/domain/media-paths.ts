/**
 * The one owner of every file name in the library. All paths are relative and use `/`;
 * a storage driver puts its root in front.
 *
 *   library/{videoId}/            the video's subvolume
 *     video.json  manifest and metadata, readable without Peekr
 *     poster.jpg
 *     revisions/{revisionId}/     multivariant.m3u8, {rendition}/…, audio/…, audio-{n}/…, subtitles-{n}/…, poster.jpg, hover.mp4,
 *                                 storyboard.vtt, storyboard-{n}.jpg, manifest.json
 *     source/                     nested subvolume with the original, and original-{uploadId} of replaced ones
 *     attempts/{attemptId}/       what one attempt at a unit writes
 *     units/{revisionId}/{unit}/  a whole unit, adopted from its attempt by one rename, until it is assembled
 *   snapshots/{videoId}/{time}-{reason}
 *   uploads/                      the tus store
 *   twin/{videoId}/{state}        what the last backup has
 */
export const AUDIO_FOLDER = 'audio'
/** Of subtitles, as WebVTT. */
export const CAPTIONS = 'captions.vtt'
export const MULTIVARIANT_PLAYLIST = 'multivariant.m3u8'
export const MEDIA_PLAYLIST = 'media.m3u8'
export const INIT_SEGMENT = 'init.mp4'
export const POSTER = 'poster.jpg'
/** A few silent moments, for cards. */
export const HOVER_CLIP = 'hover.mp4'
/** Which part of which sprite shows what time. */
export const STORYBOARD = 'storyboard.vtt'
/** FFmpeg's pattern for the names of the sprites, counted from 0. */
export const STORYBOARD_SPRITE_PATTERN = 'storyboard-%d.jpg'
export const MANIFEST = 'manifest.json'
export const VIDEO_RECORD = 'video.json'
export const REVISIONS_FOLDER = 'revisions'
export const SOURCE_FOLDER = 'source'
/** The original keeps no name of its own on disk, so no name can be hostile. */
export const SOURCE_FILE = 'original'
const OTHER_SOURCE = /^original-(.+)$/

/** The name of a source beside the present one: of a replacement that is not published yet, or of what was replaced. */
export function otherSourceName(uploadId: string): string {
  return `${SOURCE_FILE}-${uploadId}`
}

/** Whose source a file beside the present one is; null for any other name. */
export function parseOtherSource(name: string): string | null {
  return OTHER_SOURCE.exec(name)?.[1]?.replace(/\.partial$/, '') ?? null
}

export const LIBRARY_FOLDER = 'library'
export const SNAPSHOTS_FOLDER = 'snapshots'
export const ATTEMPTS_FOLDER = 'attempts'
export const UNITS_FOLDER = 'units'
export const UPLOADS_FOLDER = 'uploads'
export const DATABASE_FOLDER = 'db'
export const SECRETS_FOLDER = 'secrets'
/** {videoId}/{state}: what the last backup of each target has, so that the next one sends only what changed since. */
export const TWIN_FOLDER = 'twin'

const SEGMENT_EXTENSION = { fmp4: 'm4s', ts: 'ts' } as const

/** `segment-00042.m4s` */
export function segmentName(format: keyof typeof SEGMENT_EXTENSION, number: number): string {
  return `segment-${String(number).padStart(5, '0')}.${SEGMENT_EXTENSION[format]}`
}

/** FFmpeg's own pattern for the same names: `segment-%05d.m4s`. */
export function segmentPattern(format: keyof typeof SEGMENT_EXTENSION): string {
  return `segment-%05d.${SEGMENT_EXTENSION[format]}`
}

/** The sprites' names, as the storyboard refers to them. */
export function storyboardSprite(index: number): string {
  return STORYBOARD_SPRITE_PATTERN.replace('%d', String(index))
}

/** The folder of another sound than the main one, counted from 1: `audio-1`. */
export function soundFolder(number: number): string {
  return `${AUDIO_FOLDER}-${number}`
}

/** The folder of subtitles, counted from 1: `subtitles-1`. */
export function subtitleFolder(number: number): string {
  return `subtitles-${number}`
}

const FOLDER = '(?:[1-9][0-9]{1,3}p|audio(?:-[1-9][0-9]?)?)'
const SUBTITLES = 'subtitles-[1-9][0-9]?/(?:media\\.m3u8|captions\\.vtt)'
const STREAMABLE = new RegExp(
  `^(?:multivariant\\.m3u8|poster\\.jpg|hover\\.mp4|storyboard\\.vtt|storyboard-(?:0|[1-9][0-9]{0,2})\\.jpg|${SUBTITLES}|${FOLDER}/(?:media\\.m3u8|init(?:-[0-9]{1,5})?\\.mp4|segment-[0-9]{5}\\.(?:m4s|ts)))$`,
)

/** Whether a path inside a revision is one that `/stream` may serve. Anything else is 404, traversal included. */
export function isStreamablePath(path: string): boolean {
  return STREAMABLE.test(path)
}
