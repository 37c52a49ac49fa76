import type { TaskMap } from '#lib/jobs/tasks'
import { verifyRevision } from '#lib/publish/verify-revision'
import { serveTask } from './serve-task.ts'

export const run = serveTask<TaskMap['verify']['input'], TaskMap['verify']['output']>((input, context) =>
  verifyRevision({ ...input, ...context }),
)
