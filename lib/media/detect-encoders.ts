import { ENCODERS, type EncoderFinding, type EncoderName, type EncoderReport } from '#lib/domain/encoding'
import { PeekrError } from '#lib/errors'
import type { FailureReason } from '#lib/media/classify-failure'
import type { MediaTools } from '#lib/media/media-tools'
import { runFfmpeg } from '#lib/media/run-ffmpeg'

const DEADLINE_MS = 30_000
const PICTURE = { width: 640, height: 360 }

/**
 * Encodes one second with each encoder inside the sandbox. A working driver does not mean a working encoder
 * (data-centre cards have none), so only this tells. Each finding is a sentence.
 * @throws cancelled; a trial that was stopped says nothing about an encoder.
 */
export async function detectEncoders(tools: MediaTools, signal?: AbortSignal): Promise<EncoderReport> {
  const findings = await Promise.all(ENCODERS.map((name) => tryEncoder(name, tools, signal)))
  return Object.fromEntries(ENCODERS.map((name, index) => [name, findings[index]])) as EncoderReport
}

async function tryEncoder(
  name: EncoderName,
  tools: MediaTools,
  signal?: AbortSignal,
): Promise<EncoderFinding> {
  const { reason, counts, log } = await runFfmpeg({
    tools,
    inputPath: null,
    outputPath: null,
    buildArguments: () => buildTrial(name),
    pixels: PICTURE.width * PICTURE.height,
    gpu: name === 'h264_nvenc',
    deadlineMs: DEADLINE_MS,
    signal,
  })
  if (reason === 'cancelled') throw new PeekrError('cancelled')
  const frames = counts.outputs[0]?.frames ?? 0
  if (reason === null && frames > 0)
    return { works: true, sentence: `${name} works: a test encode succeeded.` }
  return { works: false, sentence: `${name} does not work: ${explain(reason ?? 'unknown', log)}` }
}

function buildTrial(name: EncoderName): string[] {
  return [
    ...['-f', 'lavfi', '-i', `testsrc2=size=${PICTURE.width}x${PICTURE.height}:rate=25:duration=1`],
    ...['-pix_fmt', 'yuv420p', '-c:v', name, '-b:v', '1M', '-f', 'null', '-'],
  ]
}

const SENTENCES: Partial<Record<FailureReason, string>> = {
  nvenc_no_device: 'this machine has no NVIDIA encoder that FFmpeg can reach.',
  nvenc_session_limit: 'the graphics card allows no further encoding session.',
  sandbox_failed:
    'FFmpeg or its sandbox could not be started. Run `peekr doctor`; where user namespaces are forbidden, PEEKR_SANDBOX=off runs without.',
  deadline: 'the test took longer than 30 seconds.',
  stalled: 'the test made no progress.',
}

function explain(reason: FailureReason, log: string[]): string {
  const said = log.findLast((line) => line.includes('[error]') || line.includes('[fatal]')) ?? log.at(-1)
  return SENTENCES[reason] ?? `FFmpeg said: ${said ?? reason}`
}
