import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CARD_CODECS,
  type CardCodec,
  type EncoderFinding,
  type EncoderName,
  type EncoderReport,
} from '#lib/domain/encoding'
import { PeekrError } from '#lib/errors'
import { buildStandardColors } from '#lib/media/color-filters'
import { explainFailure } from '#lib/media/explain-failure'
import type { MediaTools } from '#lib/media/media-tools'
import { buildCardScale, buildNvenc, CARD_DECODE } from '#lib/media/nvenc-arguments'
import { type FfmpegRequest, type FfmpegResult, runFfmpeg } from '#lib/media/run-ffmpeg'

const PICTURE = { width: 640, height: 360 }
/** As a phone would tag it. */
const HDR = {
  ...{ colorTransfer: 'smpte2084', colorPrimaries: 'bt2020', colorSpace: 'bt2020nc', colorRange: 'tv' },
  ...{ pixelFormat: 'yuv420p10le', ...PICTURE },
}

interface Trials {
  tools: MediaTools
  /** Where the clips to decode are; nothing in it is kept. */
  folder: string
  signal?: AbortSignal
}

const DEADLINE_MS = 30_000
const SOURCE = `testsrc2=size=${PICTURE.width}x${PICTURE.height}:rate=25:duration=1`
/** As many as a ladder has rungs and a few more; drivers of consumer cards stop at 2, 3, 5, 8 or 12. */
const SESSIONS_TRIED = [12, 8, 5, 3, 2, 1]
/** Who makes the clip of each codec that the card is to decode. */
const SAMPLE_ENCODERS: Record<CardCodec, string[]> = {
  h264: ['-c:v', 'libx264', '-preset', 'ultrafast'],
  hevc: ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'log-level=error'],
  vp9: ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8'],
  av1: ['-c:v', 'libsvtav1', '-preset', '12'],
  mpeg2video: ['-c:v', 'mpeg2video'],
}

/**
 * Encodes one second with each encoder inside the sandbox, then, where NVENC works, decodes and scales on the card with each
 * codec, and counts how many encodes it runs at a time. A working driver does not mean a working encoder (data-centre cards
 * have none), so only this tells. Each finding is a sentence.
 * @throws cancelled; a trial that was stopped says nothing about an encoder.
 */
export async function detectEncoders(tools: MediaTools, signal?: AbortSignal): Promise<EncoderReport> {
  const folder = await mkdtemp(join(tmpdir(), 'peekr-trial-'))
  try {
    const trials = { tools, folder, signal }
    const [nvenc, x264, toneMap] = await Promise.all([
      tryEncoder('h264_nvenc', trials),
      tryEncoder('libx264', trials),
      tryToneMap(trials),
    ])
    const card = {} as EncoderReport['card']
    for (const codec of CARD_CODECS) card[codec] = await tryCard(codec, nvenc, trials)
    const sessions = nvenc.works ? await countSessions(trials) : null
    return { h264_nvenc: nvenc, libx264: x264, card, toneMap, sessions }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function tryEncoder(name: EncoderName, trials: Trials): Promise<EncoderFinding> {
  const result = await runTrial(trials, {
    gpu: name === 'h264_nvenc',
    buildArguments: () => [...buildSource(), ...buildEncoder(name), '-f', 'null', '-'],
  })
  return judge(result, `${name} works: a test encode succeeded.`, `${name} does not work`)
}

async function tryToneMap(trials: Trials): Promise<EncoderFinding> {
  const hdr = 'setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv'
  const graph = [
    'scale=320:180',
    'format=yuv420p10le',
    hdr,
    ...buildStandardColors(HDR, 'null', true),
    'format=yuv420p',
  ].join(',')
  const result = await runTrial(trials, {
    buildArguments: () => [...buildSource(), '-vf', graph, '-f', 'null', '-'],
  })
  const failure = 'HDR colours cannot be mapped to standard ones, so such videos look pale'
  return judge(result, 'HDR colours can be mapped to standard ones.', failure)
}

async function tryCard(codec: CardCodec, nvenc: EncoderFinding, trials: Trials): Promise<EncoderFinding> {
  const what = `Decoding ${codec} and scaling on the graphics card`
  if (!nvenc.works)
    return { works: false, sentence: `${what} was not tried, since h264_nvenc does not work.` }
  const name = `${codec}.mkv`
  const sample = await runTrial(trials, {
    outputPath: trials.folder,
    buildArguments: ({ output }) => [
      ...[...buildSource(), '-pix_fmt', 'yuv420p', ...SAMPLE_ENCODERS[codec]],
      ...['-y', `file:${join(output, name)}`],
    ],
  })
  if (sample.reason !== null)
    return { works: false, sentence: `${what} was not tried: this FFmpeg cannot make a clip to try it with.` }
  const result = await runTrial(trials, {
    gpu: true,
    inputPath: join(trials.folder, name),
    buildArguments: ({ input }) => [
      ...[...CARD_DECODE, '-i', `file:${input}`],
      ...['-vf', buildCardScale({ width: 320, height: 180 })],
      ...[...buildNvenc(28), '-f', 'null', '-'],
    ],
  })
  return judge(result, `${what} works.`, `${what} does not work`)
}

/** The most of the numbers tried that ran side by side in one FFmpeg. */
async function countSessions(trials: Trials): Promise<number> {
  for (const count of SESSIONS_TRIED) {
    const result = await runTrial(trials, {
      gpu: true,
      buildArguments: () => [
        ...buildSource(),
        ...Array.from({ length: count }, () => [
          '-map',
          '0:v',
          ...buildEncoder('h264_nvenc'),
          '-f',
          'null',
          '-',
        ]).flat(),
      ],
    })
    if (result.reason === null) return count
  }
  return 1
}

async function runTrial(
  { tools, signal }: Trials,
  trial: Pick<FfmpegRequest, 'buildArguments' | 'gpu'> & { inputPath?: string; outputPath?: string },
): Promise<FfmpegResult> {
  const result = await runFfmpeg({
    ...{ tools, signal, inputPath: null, outputPath: null, deadlineMs: DEADLINE_MS },
    ...trial,
    pixels: PICTURE.width * PICTURE.height,
  })
  if (result.reason === 'cancelled') throw new PeekrError('cancelled')
  return result
}

function judge({ reason, counts, log }: FfmpegResult, good: string, bad: string): EncoderFinding {
  const frames = counts.outputs[0]?.frames ?? 0
  if (reason === null && frames > 0) return { works: true, sentence: good }
  return { works: false, sentence: `${bad}: ${explainFailure(reason ?? 'unknown', log)}` }
}

function buildSource(): string[] {
  return ['-f', 'lavfi', '-i', SOURCE]
}

function buildEncoder(name: EncoderName): string[] {
  return ['-pix_fmt', 'yuv420p', ...(name === 'h264_nvenc' ? buildNvenc(28) : ['-c:v', name, '-b:v', '1M'])]
}
