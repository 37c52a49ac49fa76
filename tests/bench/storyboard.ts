import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { closePool, runTask } from '#lib/jobs/pool'
import type { MediaTools } from '#lib/media/media-tools'
import { planStoryboard } from '#lib/media/pictures/plan-storyboard'
import { buildSurveyArguments } from '#lib/media/pictures/survey-source'
import { probeSource } from '#lib/media/probe-source'
import { runFfmpeg as runConfined } from '#lib/media/run-ffmpeg'
import { runFfmpeg } from '../support/make-clip.ts'
import { requireTestMedia } from '../support/media.ts'
import type { Measurement } from './serve.ts'
import { median } from './statistics.ts'

const TOOLS: MediaTools = {
  ffmpegPath: '/usr/bin/ffmpeg',
  ffprobePath: '/usr/bin/ffprobe',
  sandbox: 'bwrap',
}
const ROUNDS = 3
const LOOPS = 8
/** Frames between key frames at 30 a second: a phone's (the costliest), and libx264's own default. */
const KEY_FRAMES = [30, 250]

type Emit = (measurement: Measurement) => void

/**
 * P10: the storyboard of two minutes of real footage in 1080p, by key frames and by decoding everything, in turn;
 * then the whole `pictures` task (survey, poster, hover clip) through the worker pool.
 */
export async function runBench(emit: Emit): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-bench-storyboard-'))
  try {
    for (const every of KEY_FRAMES) await measureSource(folder, every, emit)
  } finally {
    await closePool()
    await rm(folder, { recursive: true, force: true })
  }
}

async function measureSource(folder: string, every: number, emit: Emit): Promise<void> {
  const sourcePath = await makeSource(folder, every)
  const probe = await probeSource(sourcePath, TOOLS)
  const { video, durationSeconds } = probe
  if (video === null || durationSeconds === null)
    throw new Error('The benchmark’s own source has no picture.')
  const outputPath = join(folder, `out-${every}`)
  await mkdir(outputPath)
  const plan = planStoryboard(video, durationSeconds)
  const commands: Record<string, string> = {}
  const survey = async (name: string, keyFramesOnly: boolean) => {
    const { reason, elapsedMs } = await runConfined({
      ...{ tools: TOOLS, inputPath: sourcePath, outputPath, pixels: 1920 * 1080, deadlineMs: 600_000 },
      buildArguments: ({ input, output }) => {
        const args = buildSurveyArguments({ input, output, video, plan, exactColors: true, keyFramesOnly })
        commands[name] = `ffmpeg ${args.join(' ')}`
        return args
      },
    })
    if (reason !== null) throw new Error(`FFmpeg failed: ${reason}`)
    return elapsedMs
  }
  const samples: Record<string, number[]> = { keyFramesMs: [], everythingMs: [], pictureTaskMs: [] }
  for (let round = 0; round < ROUNDS; round += 1) {
    samples.everythingMs?.push(Math.round(await survey('everything', false)))
    samples.keyFramesMs?.push(Math.round(await survey('keyFrames', true)))
    const startedAt = performance.now()
    await runTask('pictures', { sourcePath, outputPath, probe, tools: TOOLS })
    samples.pictureTaskMs?.push(Math.round(performance.now() - startedAt))
  }
  const note = `${durationSeconds.toFixed(0)} s of 1080p30, a key frame every ${every} frames; median of ${ROUNDS} rounds in turn`
  const report = (name: string, value: number, about: string) => {
    const metric = every === KEY_FRAMES[0] ? name : `${name}.gop_${every}`
    emit({
      metric,
      value: Number(value.toFixed(1)),
      unit: 'ratio',
      note: `${about}; ${note}`,
      samples,
      commands,
    })
  }
  const keyFramesMs = median(samples.keyFramesMs)
  report('storyboard.vs_full_decode', median(samples.everythingMs) / keyFramesMs, 'sprites by key frames')
  report('storyboard.x_realtime', (durationSeconds * 1000) / keyFramesMs, 'sprites and measures')
  const wholeMs = median(samples.pictureTaskMs)
  report(
    'pictures.x_realtime',
    (durationSeconds * 1000) / wholeMs,
    'storyboard, poster and hover clip together',
  )
}

/** A quarter of a minute is encoded, and repeated by copying. */
async function makeSource(folder: string, every: number): Promise<string> {
  const footage = await requireTestMedia('box.mp4', folder)
  const [once, path] = [join(folder, `once-${every}.mp4`), join(folder, `source-${every}.mp4`)]
  const codec = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', String(every), '-pix_fmt', 'yuv420p']
  await runFfmpeg(['-i', footage, '-vf', 'scale=1920:1080,fps=30', ...codec, '-c:a', 'aac', '-y', once])
  await runFfmpeg(['-stream_loop', String(LOOPS - 1), '-i', once, '-c', 'copy', '-y', path])
  return path
}
