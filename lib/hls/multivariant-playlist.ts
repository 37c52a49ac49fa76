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

export interface AudioGroup {
  uri: string
  peakBps: number
  averageBps: number
  codecs: string
  channels: number
}

/**
 * The text of a multivariant playlist (RFC 8216 §4.3.4), largest variant first. Pure. FFmpeg's own lists the sound as
 * one more quality, which is why this one is ours. BANDWIDTH and CODECS cover picture and sound together (§4.3.4.2).
 */
export function writeMultivariantPlaylist(variants: readonly Variant[], audio: AudioGroup | null): string {
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...(audio ? [writeAudio(audio)] : []),
    ...variants.flatMap((variant) => [writeVariant(variant, audio), variant.uri]),
    '',
  ].join('\n')
}

const GROUP = 'sound'

function writeAudio({ uri, channels }: AudioGroup): string {
  const attributes = [
    'TYPE=AUDIO',
    `GROUP-ID="${GROUP}"`,
    'NAME="Original"',
    'DEFAULT=YES',
    'AUTOSELECT=YES',
    `CHANNELS="${channels}"`,
    `URI="${uri}"`,
  ]
  return `#EXT-X-MEDIA:${attributes.join(',')}`
}

function writeVariant(variant: Variant, audio: AudioGroup | null): string {
  const { width, height, frameRate, codecs } = variant
  const attributes = [
    `BANDWIDTH=${variant.peakBps + (audio?.peakBps ?? 0)}`,
    `AVERAGE-BANDWIDTH=${variant.averageBps + (audio?.averageBps ?? 0)}`,
    `CODECS="${[codecs, ...(audio ? [audio.codecs] : [])].join(',')}"`,
    `RESOLUTION=${width}x${height}`,
    ...(frameRate ? [`FRAME-RATE=${frameRate.toFixed(3)}`] : []),
    ...(audio ? [`AUDIO="${GROUP}"`] : []),
  ]
  return `#EXT-X-STREAM-INF:${attributes.join(',')}`
}
