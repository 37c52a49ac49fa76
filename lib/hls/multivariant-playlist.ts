/** One variant: a video rendition together with the sound that goes with it. */
export interface Variant {
  /** Of the media playlist, relative. */
  uri: string
  width: number
  height: number
  frameRate: number | null
  /** Peak and average of the video alone. */
  peakBps: number
  averageBps: number
  codecs: string
}

/** A sound, of which the first is the one that plays unless another is chosen. */
export interface AudioGroup {
  uri: string
  /** BCP 47; null when it is not known. */
  language: string | null
  /** Differs from that of every other sound. */
  name: string
  peakBps: number
  averageBps: number
  codecs: string
  channels: number
}

export interface Subtitles {
  uri: string
  language: string | null
  name: string
}

/**
 * The text of a multivariant playlist (RFC 8216 §4.3.4), largest variant first. Pure. FFmpeg's own lists the sound as
 * one more quality, which is why this one is ours. BANDWIDTH and CODECS cover picture and the heaviest sound together
 * (§4.3.4.2). Subtitles are shown only when somebody chooses them.
 */
export function writeMultivariantPlaylist(
  variants: readonly Variant[],
  sounds: readonly AudioGroup[],
  subtitles: readonly Subtitles[] = [],
): string {
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...sounds.map((sound, at) => writeSound(sound, at === 0)),
    ...subtitles.map(writeSubtitles),
    ...variants.flatMap((variant) => [writeVariant(variant, sounds, subtitles.length > 0), variant.uri]),
    '',
  ].join('\n')
}

const GROUP = 'sound'
const SUBTITLE_GROUP = 'subtitles'

function writeSound({ uri, channels, name, language }: AudioGroup, isDefault: boolean): string {
  return writeMedia([
    'TYPE=AUDIO',
    `GROUP-ID="${GROUP}"`,
    `NAME="${name}"`,
    ...(language ? [`LANGUAGE="${language}"`] : []),
    `DEFAULT=${isDefault ? 'YES' : 'NO'}`,
    'AUTOSELECT=YES',
    `CHANNELS="${channels}"`,
    `URI="${uri}"`,
  ])
}

function writeSubtitles({ uri, name, language }: Subtitles): string {
  return writeMedia([
    'TYPE=SUBTITLES',
    `GROUP-ID="${SUBTITLE_GROUP}"`,
    `NAME="${name}"`,
    ...(language ? [`LANGUAGE="${language}"`] : []),
    'DEFAULT=NO',
    'AUTOSELECT=YES',
    'FORCED=NO',
    `URI="${uri}"`,
  ])
}

function writeMedia(attributes: string[]): string {
  return `#EXT-X-MEDIA:${attributes.join(',')}`
}

function writeVariant(variant: Variant, sounds: readonly AudioGroup[], hasSubtitles: boolean): string {
  const { width, height, frameRate, codecs } = variant
  const [sound] = sounds
  const heaviest = (kind: 'peakBps' | 'averageBps') => Math.max(0, ...sounds.map((each) => each[kind]))
  const attributes = [
    `BANDWIDTH=${variant.peakBps + heaviest('peakBps')}`,
    `AVERAGE-BANDWIDTH=${variant.averageBps + heaviest('averageBps')}`,
    `CODECS="${[codecs, ...(sound ? [sound.codecs] : [])].join(',')}"`,
    `RESOLUTION=${width}x${height}`,
    ...(frameRate ? [`FRAME-RATE=${frameRate.toFixed(3)}`] : []),
    ...(sound ? [`AUDIO="${GROUP}"`] : []),
    ...(hasSubtitles ? [`SUBTITLES="${SUBTITLE_GROUP}"`] : []),
  ]
  return `#EXT-X-STREAM-INF:${attributes.join(',')}`
}
