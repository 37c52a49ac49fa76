import type { FailureReason } from '#lib/media/classify-failure'

const SENTENCES: Partial<Record<FailureReason, string>> = {
  nvenc_no_device: 'this machine has no NVIDIA encoder that FFmpeg can reach.',
  nvenc_session_limit: 'the graphics card allows no further encoding session.',
  nvenc_driver_old: 'the NVIDIA driver is older than this FFmpeg needs. Update the driver, then test again.',
  nvenc_decoder: 'the graphics card does not decode or scale this.',
  sandbox_failed:
    'FFmpeg or its sandbox could not be started. Run `peekr doctor`; where user namespaces are forbidden, PEEKR_SANDBOX=off runs without.',
  filter_missing: 'this FFmpeg lacks a filter for it.',
  deadline: 'the test took longer than 30 seconds.',
  stalled: 'the test made no progress.',
  killed: 'something outside Peekr ended FFmpeg, perhaps the kernel for want of memory.',
}

/** Why FFmpeg failed, as the end of a sentence for a person: in our words where we know it, else in its own. Pure. */
export function explainFailure(reason: FailureReason, log: readonly string[]): string {
  const said = log.findLast((line) => line.includes('[error]') || line.includes('[fatal]')) ?? log.at(-1)
  return SENTENCES[reason] ?? `FFmpeg said: ${said ?? reason}`
}
