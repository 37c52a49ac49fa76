import type { TaskMap } from '#lib/jobs/tasks'
import { probeSource } from '#lib/media/probe-source'
import { serveTask } from './serve-task.ts'

export const run = serveTask<TaskMap['probe']['input'], TaskMap['probe']['output']>(
  ({ sourcePath, tools }, { signal }) => probeSource(sourcePath, tools, signal),
)
