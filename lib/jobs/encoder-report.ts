import type { EncoderReport } from '#lib/domain/encoding'
import { runTask } from '#lib/jobs/pool'
import { getMediaTools } from '#lib/media/media-tools'
import { forgetSingleton, singleton } from '#lib/singleton'

/** What a test encode said about each encoder on this machine; made once a process, at the first call. */
export function getEncoderReport(): Promise<EncoderReport> {
  return singleton('jobs.encoder-report', () =>
    runTask('detect-encoders', { tools: getMediaTools() }).catch((error: unknown) => {
      forgetSingleton('jobs.encoder-report') // so that the next call tries again
      throw error
    }),
  )
}

/** The same, tried anew: a driver may have been mended since. What is asked for meanwhile waits for it. */
export function renewEncoderReport(): Promise<EncoderReport> {
  forgetSingleton('jobs.encoder-report')
  return getEncoderReport()
}
