import type { MessagePort } from 'node:worker_threads'
import { type Outcome, toErrorData } from '#lib/errors'

export interface TaskContext<Report = never> {
  /** Aborted when the caller no longer wants the result. */
  signal: AbortSignal
  onProgress: (fraction: number) => void
  /** Says something on the way; every report reaches the caller, in order. */
  onReport: (report: Report) => void
}

interface Message<Input> {
  input: Input
  /** Carries `'abort'` in, progress and reports out. */
  port: MessagePort
}

const PROGRESS_STEP = 0.002

/** Wraps a handler as a Piscina task: failures become data, the port becomes a signal and a progress callback. */
export function serveTask<Input, Output, Report = never>(
  handler: (input: Input, context: TaskContext<Report>) => Promise<Output>,
): (message: Message<Input>) => Promise<Outcome<Output>> {
  return async ({ input, port }) => {
    const controller = new AbortController()
    port.on('message', () => controller.abort())
    let reported = 0
    const onProgress = (fraction: number) => {
      const bounded = Math.min(1, fraction)
      if (bounded < reported + PROGRESS_STEP) return
      reported = bounded
      port.postMessage(bounded)
    }
    const onReport = (report: Report) => port.postMessage(report)
    try {
      return { ok: true, value: await handler(input, { signal: controller.signal, onProgress, onReport }) }
    } catch (error) {
      return { ok: false, error: toErrorData(error) }
    } finally {
      port.close()
    }
  }
}
