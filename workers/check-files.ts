import type { TaskMap } from '#lib/jobs/tasks'
import { checkFiles } from '#lib/storage/proof/check-files'
import { serveTask } from './serve-task.ts'

export const run = serveTask<TaskMap['check-files']['input'], TaskMap['check-files']['output']>(
  (input, { signal }) => checkFiles({ ...input, signal }),
)
