import type { EarlyReport } from '#lib/domain/early-play'
import type { TaskMap } from '#lib/jobs/tasks'
import { runEarly } from '#lib/transcode/early/run-early'
import { serveTask } from './serve-task.ts'

export const run = serveTask<TaskMap['early']['input'], TaskMap['early']['output'], EarlyReport>(
  (input, { signal, onReport }) => runEarly({ ...input, signal, onReport }),
)
