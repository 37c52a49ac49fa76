import type { TaskMap } from '#lib/jobs/tasks'
import { writePictures } from '#lib/media/pictures/write-pictures'
import { serveTask } from './serve-task.ts'

export const run = serveTask<TaskMap['pictures']['input'], TaskMap['pictures']['output']>((input, context) =>
  writePictures({ ...input, ...context }),
)
