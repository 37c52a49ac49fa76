import type { TaskMap } from '#lib/jobs/tasks'
import { hashFolder } from '#lib/storage/hash-folder'
import { serveTask } from './serve-task.ts'

export const run = serveTask<TaskMap['hash-folder']['input'], TaskMap['hash-folder']['output']>(
  ({ path, except }, { signal, onProgress }) => hashFolder(path, { except, signal, onProgress }),
)
