import type { TaskMap } from '#lib/jobs/tasks'
import { runEncode } from '#lib/transcode/run-encode'
import { serveTask } from './serve-task.ts'

export const run = serveTask<TaskMap['encode']['input'], TaskMap['encode']['output']>((input, context) =>
  runEncode({ ...input, ...context }),
)
