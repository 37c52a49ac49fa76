import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface ClipOptions {
  /** The folder it is made in; the caller removes it. */
  folder: string
  name?: string
  seconds?: number
  width?: number
  height?: number
  frameRate?: number
  /** Clockwise, written as metadata only, as a phone does. */
  rotation?: 0 | 90 | 180 | 270
  pixelFormat?: string
  video?: 'libx264' | 'mpeg4' | 'libvpx' | 'magicyuv' | 'mjpeg' | 'mpeg2video' | 'libx265' | 'ffv1' | null
  audio?: 'aac' | 'libmp3lame' | 'flac' | null
  /** How much later than the picture the sound starts; negative is earlier. */
  audioDelaySeconds?: number
  /** Frames at uneven times, as phones make them. */
  variableFrameRate?: boolean
  /** More output options, e.g. `-movflags +faststart`. */
  extra?: string[]
}

const run = promisify(execFile)

/** Makes a clip with FFmpeg's own test pictures and returns its path. */
export async function makeClip(options: ClipOptions): Promise<string> {
  const { folder, name = 'clip.mp4', rotation = 0, extra = [] } = options
  const path = join(folder, name)
  const plain = rotation === 0 ? path : join(folder, `unturned-${name}`)
  await runFfmpeg([...buildInputs(options), ...buildOutputs(options), ...extra, '-y', `file:${plain}`])
  // FFmpeg 5.1 turns the old `rotate` tag into a display matrix, anticlockwise as the tag's inverse.
  if (rotation !== 0) await runFfmpeg(['-i', `file:${plain}`, ...turned(rotation), '-y', `file:${path}`])
  return path
}

/** Runs FFmpeg for a fixture; throws with its words when it fails. */
export async function runFfmpeg(args: string[]): Promise<void> {
  await run('/usr/bin/ffmpeg', ['-hide_banner', '-nostdin', '-loglevel', 'error', ...args])
}

function buildInputs(options: ClipOptions): string[] {
  const { seconds = 2, width = 320, height = 240, frameRate = 30, audioDelaySeconds = 0 } = options
  const picture = `testsrc2=size=${width}x${height}:rate=${frameRate}:duration=${seconds}`
  return [
    ...(options.video === null ? [] : [...offset(-audioDelaySeconds), '-f', 'lavfi', '-i', picture]),
    ...(options.audio === null
      ? []
      : [...offset(audioDelaySeconds), '-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`]),
  ]
}

function offset(seconds: number): string[] {
  return seconds > 0 ? ['-itsoffset', String(seconds)] : []
}

function buildOutputs({
  video = 'libx264',
  audio = 'aac',
  pixelFormat,
  variableFrameRate,
}: ClipOptions): string[] {
  // Every third frame goes, so that the times are 0, 1, 3, 4, 6 …
  const uneven = variableFrameRate ? ['-vf', "select='mod(n+1,3)'", '-fps_mode', 'vfr'] : []
  const fast = video === 'libx264' || video === 'libx265' ? ['-preset', 'ultrafast'] : []
  return [
    ...(video === null ? [] : [...uneven, '-c:v', video, ...fast, '-pix_fmt', pixelFormat ?? 'yuv420p']),
    ...(audio === null ? [] : ['-c:a', audio]),
  ]
}

function turned(rotation: number): string[] {
  return ['-map', '0', '-c', 'copy', '-metadata:s:v:0', `rotate=${360 - rotation}`]
}
