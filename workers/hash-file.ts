import type { TaskMap } from '#lib/jobs/tasks'
import { hashFile } from '#lib/media/hash-file'
import { serveTask } from './serve-task.ts'

export const run = serveTask<TaskMap['hash-file']['input'], TaskMap['hash-file']['output']>(
  ({ path }, { signal, onProgress }) => hashFile(path, { signal, onProgress }),
)
