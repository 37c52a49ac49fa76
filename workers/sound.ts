import type { TaskMap } from '#lib/jobs/tasks'
import { runSound } from '#lib/transcode/run-sound'
import { serveTask } from './serve-task.ts'

export const run = serveTask<TaskMap['sound']['input'], TaskMap['sound']['output']>((input, context) =>
  runSound({ ...input, ...context }),
)
