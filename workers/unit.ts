import type { TaskMap } from '#lib/jobs/tasks'
import { runUnit } from '#lib/transcode/run-unit'
import { serveTask } from './serve-task.ts'

export const run = serveTask<TaskMap['unit']['input'], TaskMap['unit']['output']>((input, context) =>
  runUnit({ ...input, ...context }),
)
