/**
 * What a source says about itself, before anything is decoded. Every figure is the file's own claim.
 * What the file does not say is null, never 0.
 */
export interface SourceProbe {
  /** FFmpeg's name of the container, e.g. `mov,mp4,m4a,3gp,3g2,mj2`. */
  container: string
  /** Of the video stream where the container knows it, else of the whole file. */
  durationSeconds: number | null
  /** The earliest time in the file; FFmpeg takes it off every timestamp. */
  startSeconds: number | null
  streamCount: number
  /** The first real video stream; cover art is not one. */
  video: SourceVideo | null
  /** The sound that plays unless another is chosen. */
  audio: SourceAudio | null
  /** Every sound, that one included, in the file's order; absent in probes from before they were asked. */
  sounds?: SourceAudio[]
  subtitles?: SourceSubtitle[]
  hasCoverArt: boolean
}

export interface SourceVideo {
  streamIndex: number
  codec: string
  profile: string | null
  /** Ten times H.264's level, e.g. 41. */
  level: number | null
  pixelFormat: string | null
  bitDepth: number | null
  /** As stored, before rotation and sample aspect ratio. */
  codedWidth: number
  codedHeight: number
  /** As shown, in square pixels, after rotation. */
  width: number
  height: number
  /** Clockwise: 0, 90, 180 or 270. */
  rotationDegrees: number
  /** The average; a phone's clip varies around it. */
  frameRate: number | null
  /** Frames the index lists. */
  frameCount: number | null
  startSeconds: number | null
  durationSeconds: number | null
  interlaced: boolean
  colorTransfer: string | null
  colorPrimaries: string | null
  colorSpace: string | null
  /** `tv` or `pc`; absent in probes from before it was asked. */
  colorRange?: string | null
}

export interface SourceAudio {
  streamIndex: number
  codec: string
  channels: number | null
  sampleRate: number | null
  startSeconds: number | null
  durationSeconds: number | null
  /** As the container has it, such as `ger`; absent in probes from before it was asked. */
  language?: string | null
  title?: string | null
}

export interface SourceSubtitle {
  streamIndex: number
  codec: string
  language: string | null
  title: string | null
}
