import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runFfmpeg } from './make-clip.ts'

/** A kind of source as people have them, made short. */
export interface SourceKind {
  name: string
  /** Whether units are found by seeking in it; otherwise all after the first is one unit. */
  seek: boolean
  file: string
  seconds: number
  input: string[]
  output: string[]
  /** Whether an AVI's index is made unreadable. */
  withoutIndex?: boolean
  /** Whether it is tried only with `PEEKR_TEST_ALL=1`. */
  rare?: boolean
}

const picture = (rate: string, seconds: number) => [
  ...['-f', 'lavfi', '-i', `testsrc2=size=160x120:rate=${rate}:duration=${seconds}`],
]
const x264 = (...more: string[]) => [
  '-c:v',
  'libx264',
  '-preset',
  'ultrafast',
  '-pix_fmt',
  'yuv420p',
  ...more,
]
/** B-frames as phones and editors make them; the key frames are nowhere near our boundaries. */
const reordered = ['-bf', '3', '-g', '71', '-keyint_min', '71', '-sc_threshold', '0']
/** Over the borders of three units, and some way into the last. */
const SECONDS = 9

const clip = (name: string, rate: string, output: string[], more: Partial<SourceKind> = {}): SourceKind => ({
  name,
  file: `${name.replaceAll(/[^a-z0-9]+/g, '-')}.mp4`,
  seek: true,
  seconds: SECONDS,
  input: picture(rate, SECONDS),
  output,
  ...more,
})

/** What must come out of units frame by frame. Pure descriptions; `makeSource` makes the file. */
export const SOURCE_KINDS: readonly SourceKind[] = [
  clip('constant 25', '25', x264(), { rare: true }),
  clip('23.976 with b-frames', '24000/1001', x264(...reordered)),
  clip('29.97 with b-frames', '30000/1001', x264(...reordered)),
  clip('50 frames a second', '50', x264(...reordered)),
  clip('59.94 with b-frames', '60000/1001', x264(...reordered)),
  clip('open gop', '25', x264(...reordered, '-x264-params', 'open-gop=1:scenecut=0')),
  clip('variable frame rate', '30', [
    '-vf',
    "select='mod(n+1,3)'",
    '-fps_mode',
    'vfr',
    ...x264(...reordered),
  ]),
  clip('variable with long pauses', '30', [
    ...['-vf', "select='lt(mod(t,3),1.2)'", '-fps_mode', 'vfr'],
    ...x264(...reordered),
  ]),
  clip(
    'one key frame in all',
    '25',
    x264('-bf', '2', '-g', '9999', '-keyint_min', '9999', '-sc_threshold', '0'),
  ),
  clip('intra refresh', '25', x264('-bf', '0', '-g', '50', '-x264-params', 'intra-refresh=1'), {
    rare: true,
  }),
  clip('rotated', '30', [...x264(...reordered), '-metadata:s:v:0', 'rotate=90']),
  clip('late start', '25', x264(...reordered), {
    input: [
      ...['-f', 'lavfi', '-i', `sine=duration=${SECONDS}`],
      '-itsoffset',
      '1.3',
      ...picture('25', SECONDS - 2),
    ],
    output: [...x264(...reordered), '-c:a', 'aac', '-fps_mode', 'passthrough'],
  }),
  clip('matroska with vp8', '30', ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-g', '71'], {
    file: 'vp8.mkv',
    rare: true,
  }),
  clip(
    'hevc',
    '25',
    ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=none:keyint=60'],
    {
      file: 'hevc.mkv',
      rare: true,
    },
  ),
  clip('avi', '25', ['-c:v', 'mpeg4', '-bf', '0', '-g', '71'], { file: 'mpeg4.avi', rare: true }),
  clip('avi without its index', '25', ['-c:v', 'mpeg4', '-g', '71', '-fflags', '+bitexact'], {
    file: 'broken.avi',
  }),
  clip('flv', '30', ['-c:v', 'flv', '-g', '71'], { file: 'sorenson.flv', rare: true }),
  clip('fragmented mp4', '30', [...x264(...reordered), '-movflags', '+frag_keyframe+empty_moov'], {
    file: 'fragmented.mp4',
    rare: true,
  }),
  clip('transport stream', '25', x264(...reordered), { file: 'broadcast.ts', seek: false }),
  clip('program stream', '25', ['-c:v', 'mpeg2video', '-bf', '2', '-g', '15'], {
    file: 'dvd.mpg',
    seek: false,
    rare: true,
  }),
]

/** Makes one of them in `folder` and returns its path. */
export async function makeSource(kind: SourceKind, folder: string): Promise<string> {
  const path = join(folder, kind.file)
  await runFfmpeg([...kind.input, ...kind.output, '-y', `file:${path}`])
  if (kind.withoutIndex) await hideIndex(path)
  return path
}

/** Renames the index at the end of an AVI, so that FFmpeg has to find its way without. */
async function hideIndex(path: string): Promise<void> {
  const bytes = await readFile(path)
  const at = bytes.lastIndexOf('idx1')
  if (at === -1) throw new Error('This AVI has no index.')
  bytes.write('JUNK', at, 'latin1')
  await writeFile(path, bytes)
}
