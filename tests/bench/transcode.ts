import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { VideoModel } from '#lib/db/models/video'
import type { EncodePlan } from '#lib/domain/encode-plan'
import { closePool, runTask } from '#lib/jobs/pool'
import { decodeAll } from '#lib/media/decode-all'
import type { MediaTools } from '#lib/media/media-tools'
import { probeSource } from '#lib/media/probe-source'
import { runFfmpeg as runConfined } from '#lib/media/run-ffmpeg'
import { planThreads } from '#lib/transcode/choose-encoder'
import { planEncode } from '#lib/transcode/plan-encode'
import { planEncoding } from '#lib/transcode/plan-encoding'
import { planLadder } from '#lib/transcode/plan-ladder'
import { runFfmpeg } from '../support/make-clip.ts'
import { importClip, openPipelineTest, type PipelineTest } from '../support/pipeline-test.ts'
import { makeFilm } from './make-film.ts'
import type { Measurement } from './serve.ts'
import { mean } from './statistics.ts'

const TOOLS: MediaTools = { ffmpegPath: '/usr/bin/ffmpeg', ffprobePath: '/usr/bin/ffprobe', sandbox: 'bwrap' }
const ROUNDS = 2
const LOOK_MS = 200
const ENCODER = {
  name: 'libx264',
  sentence: 'Encoded with libx264.',
  threads: planThreads(availableParallelism()),
} as const
/**
 * What is encoded whole, and what can be copied. Play begins early because the first 14 s are made in small units and threads are
 * started, which takes longer: a short film would measure only that.
 */
const FILMS = {
  'ladder.vs_sequential': { kind: 'phone', about: 'HEVC, as phones write it', seconds: 192 },
  'copytop.vs_sequential': { kind: 'copyable', about: 'H.264 and AAC that can be copied', seconds: 96 },
} as const
const UNITS_SECONDS = 48
const SIZE = { height: 1080, bitrateBps: 8_000_000 }

type Emit = (measurement: Measurement) => void

/**
 * P1 and P2: 1080p30 through the whole pipeline (import to ready: probe, hash, pictures and proof included)
 * against one FFmpeg a rendition with the same settings, one after the other, outside the sandbox, which proves nothing. P3: all units of such a film, each decoded
 * again to prove it, against one FFmpeg that encodes the same ladder without a break and proves nothing.
 */
export async function runBench(emit: Emit): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-bench-transcode-'))
  const pipeline = await openPipelineTest({ settings: { PEEKR_ORIGINALS: 'keep' } })
  try {
    await pipeline.start()
    for (const [metric, { kind, about, seconds }] of Object.entries(FILMS)) {
      const path = await makeFilm({ ...SIZE, folder, name: `${kind}.mp4`, kind, seconds })
      const samples: Record<'pipeline' | 'sequential', number[]> = { pipeline: [], sequential: [] }
      const commands: string[] = []
      for (let round = 0; round < ROUNDS; round += 1) {
        samples.sequential.push(await runSequential(path, folder, commands))
        samples.pipeline.push(await runPipeline(pipeline, path))
      }
      emit({
        metric: `transcode.${metric}`,
        value: Number((mean(samples.sequential) / mean(samples.pipeline)).toFixed(2)),
        unit: 'ratio',
        note: `times faster, all from import to ready, against the encodes alone; seconds of ${ROUNDS} rounds in turn, ${seconds} s of 1080p30 in ${about}, five sizes, mean`,
        samples,
        commands: {
          sequential: [...new Set(commands)],
          pipeline: 'import of the file until the video is ready',
        },
      })
    }
    const film = { ...SIZE, folder, name: 'units.mp4', kind: 'phone', seconds: UNITS_SECONDS } as const
    await measureUnits(await makeFilm(film), folder, emit)
  } finally {
    await pipeline.close()
    await closePool()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Seconds until it is ready. It is looked at seldom: that takes time from the encode. */
async function runPipeline(pipeline: PipelineTest, path: string): Promise<number> {
  const startedAtMs = performance.now()
  const videoId = await importClip(pipeline, path)
  for (;;) {
    const video = await VideoModel.findById(videoId, { state: 1, failure: 1 }).lean()
    if (video?.state === 'ready') return (performance.now() - startedAtMs) / 1000
    if (video?.state !== 'ingesting' && video?.state !== 'transcoding')
      throw new Error(`The video ended ${video?.state}: ${video?.failure?.message}`)
    await sleep(LOOK_MS)
  }
}

/** Seconds of one FFmpeg a rendition, with the pipeline's own encoder settings, and the sound once. */
async function runSequential(path: string, folder: string, commands: string[]): Promise<number> {
  const { video } = await probeSource(path, TOOLS)
  if (video === null) throw new Error('The benchmark’s own source has no picture.')
  const startedAtMs = performance.now()
  for (const { width, height, maxBitrateBps } of planLadder(video)) {
    const args = [
      ...['-i', path, '-an', '-vf', `scale=${width}:${height}:flags=bicubic`],
      ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '23', '-profile:v', 'high'],
      ...['-maxrate', String(maxBitrateBps), '-bufsize', String(2 * maxBitrateBps), '-sc_threshold', '0'],
      ...['-force_key_frames', 'expr:gte(t,n_forced*4)', '-f', 'hls', '-hls_time', '4'],
      ...['-hls_playlist_type', 'vod', '-hls_segment_type', 'fmp4', '-y', join(folder, 'plain.m3u8')],
    ]
    commands.push(`ffmpeg ${args.join(' ')}`)
    await runFfmpeg(args)
  }
  await runFfmpeg(['-i', path, '-vn', '-c:a', 'aac', '-b:a', '128k', '-y', join(folder, 'plain.m4a')])
  return (performance.now() - startedAtMs) / 1000
}

async function measureUnits(path: string, folder: string, emit: Emit): Promise<void> {
  const probe = await probeSource(path, TOOLS)
  const plan = planEncoding({ probe, segmentFormat: 'fmp4', encoder: ENCODER })
  const samples: Record<'units' | 'whole' | 'wholeAndProof', number[]> = {
    units: [],
    whole: [],
    wholeAndProof: [],
  }
  const commands: Record<string, string> = { units: `${plan.units.length} tasks of the worker pool` }
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAtMs = performance.now()
    for (const unit of plan.units) {
      const outputPath = join(folder, `unit-${round}-${unit.index}`)
      await mkdir(outputPath)
      await runTask('unit', { sourcePath: path, outputPath, probe, plan, unit, group: 'all', tools: TOOLS })
    }
    samples.units.push((performance.now() - startedAtMs) / 1000)
    const whole = await runWhole({ path, folder: join(folder, `whole-${round}`), plan, commands })
    samples.whole.push(whole.encodedSeconds)
    samples.wholeAndProof.push(whole.encodedSeconds + whole.provedSeconds)
  }
  const report = (metric: string, whole: number[], about: string) =>
    emit({
      metric,
      value: Number((mean(samples.units) / mean(whole)).toFixed(3)),
      unit: 'ratio',
      note: `wall time in ${plan.units.length} units, each proved by decoding it, ÷ one FFmpeg of the same ladder${about}; ${UNITS_SECONDS} s of 1080p30, ${ROUNDS} rounds in turn, mean`,
      samples,
      commands,
    })
  report('transcode.units.overhead', samples.whole, ', which is not proved')
  report('transcode.units.overhead_of_cutting', samples.wholeAndProof, ' and then its proof')
}

/** Seconds of one FFmpeg that makes the whole ladder of a film in one go, and of decoding all of that again. */
async function runWhole(options: {
  path: string
  folder: string
  plan: EncodePlan
  commands: Record<string, string>
}): Promise<{ encodedSeconds: number; provedSeconds: number }> {
  const { path, folder, plan, commands } = options
  const probe = await probeSource(path, TOOLS)
  const { video } = probe
  if (video === null) throw new Error('The benchmark’s own source has no picture.')
  for (const { name } of plan.rungs) await mkdir(join(folder, name), { recursive: true })
  const { reason, elapsedMs } = await runConfined({
    ...{ tools: TOOLS, inputPath: path, outputPath: folder, pixels: 1920 * 1080, deadlineMs: 600_000 },
    buildArguments: ({ input, output }) => {
      const args = planEncode({
        ...{ inputPath: input, outputPath: output, probe: { ...probe, video }, rungs: plan.rungs },
        ...{
          segmentFormat: 'fmp4',
          encoder: ENCODER.name,
          threads: ENCODER.threads,
          card: false,
          sessions: 0,
          exactColors: true,
          boundaries: plan.boundaries,
        },
        unit: { index: 0, startSeconds: 0, endSeconds: null, firstSegment: 0 },
        ...{ seek: false, seamSeconds: plan.seamSeconds },
      })
      commands.whole = `ffmpeg ${args.join(' ')}`
      return args
    },
  })
  if (reason !== null) throw new Error(`FFmpeg failed: ${reason}`)
  const proof = await decodeAll({
    path: folder,
    folders: plan.rungs.map(({ name }) => name),
    pixels: plan.rungs.reduce((sum, { width, height }) => sum + width * height, 0),
    durationSeconds: UNITS_SECONDS,
    tools: TOOLS,
  })
  return { encodedSeconds: elapsedMs / 1000, provedSeconds: proof.elapsedMs / 1000 }
}
