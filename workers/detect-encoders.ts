import type { TaskMap } from '#lib/jobs/tasks'
import { detectEncoders } from '#lib/media/detect-encoders'
import { serveTask } from './serve-task.ts'

export const run = serveTask<TaskMap['detect-encoders']['input'], TaskMap['detect-encoders']['output']>(
  ({ tools }, { signal }) => detectEncoders(tools, signal),
)
