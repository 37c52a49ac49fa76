import type { TaskMap } from '#lib/jobs/tasks'
import { measureContent } from '#lib/transcode/measure-content'
import { serveTask } from './serve-task.ts'

export const run = serveTask<TaskMap['measure-content']['input'], TaskMap['measure-content']['output']>(
  (input, context) => measureContent({ ...input, ...context }),
)
