import { mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { MediaTools } from '#lib/media/media-tools'
import { requireSuccess, runFfmpeg } from '#lib/media/run-ffmpeg'

const SECONDS = 8
const DEADLINE_MS = 60_000

/**
 * Makes a clip to try Peekr with: moving colours, a running figure, a soft chord; 1280 × 720, H.264 and AAC. It appears at
 * `path` whole or not at all. @throws encode_failed, tool_missing, disk_full, cancelled.
 */
export async function writeSample(
  path: string,
  tools: MediaTools,
  signal?: AbortSignal,
): Promise<{ sizeBytes: number }> {
  // Beside its place, so that the rename stays within one filesystem.
  const folder = await mkdtemp(join(dirname(path), '.sample-'))
  try {
    const result = await runFfmpeg({
      tools,
      inputPath: null,
      outputPath: folder,
      buildArguments: ({ output }) => buildSampleArguments(join(output, 'sample.mp4')),
      pixels: 1280 * 720,
      deadlineMs: DEADLINE_MS,
      signal,
    })
    requireSuccess(result)
    await rename(join(folder, 'sample.mp4'), path)
    return { sizeBytes: (await stat(path)).size }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Pure. The picture is made small and enlarged: drawing the gradient at full size took most of the time. */
export function buildSampleArguments(outputPath: string): string[] {
  const colors = ['#0b132b', '#3a506b', '#5bc0be', '#f4a261', '#e76f51'].map(
    (color, index) => `c${index}=${color}`,
  )
  const back = `gradients=size=320x180:rate=30:speed=0.012:n=5:${colors.join(':')}:seed=7:duration=${SECONDS}`
  const life =
    'life=size=160x90:rate=30:mold=10:ratio=0.18:seed=11:death_color=#203060:life_color=#ffffff:mold_color=#101830'
  const graph = [
    '[1:v]scale=640:360:flags=neighbor,format=gbrp[life]',
    '[0:v]scale=640:360:flags=bilinear,format=gbrp[back]',
    '[back][life]blend=all_mode=screen:all_opacity=0.45:shortest=1,format=yuv420p,scale=1280:720:flags=bilinear,fade=t=in:d=0.4[picture]',
  ].join(';')
  const chord = ['sin(2*PI*220*t)', 'sin(2*PI*277.18*t)', 'sin(2*PI*329.63*t)'].join('+')
  const sound = `aevalsrc=exprs='0.12*(${chord})*(0.6+0.4*sin(2*PI*0.5*t))':sample_rate=48000:duration=${SECONDS}`
  return [
    ...['-f', 'lavfi', '-i', back, '-f', 'lavfi', '-i', life, '-f', 'lavfi', '-i', sound],
    ...['-filter_complex', graph, '-map', '[picture]', '-map', '2:a', '-t', String(SECONDS)],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '24', '-g', '60'],
    ...['-c:a', 'aac', '-b:a', '96k', '-ac', '2', '-movflags', '+faststart', '-y', `file:${outputPath}`],
  ]
}
