import type { TaskMap } from '#lib/jobs/tasks'
import { writeSample } from '#lib/media/write-sample'
import { serveTask } from './serve-task.ts'

export const run = serveTask<TaskMap['sample']['input'], TaskMap['sample']['output']>(
  ({ path, tools }, { signal }) => writeSample(path, tools, signal),
)
