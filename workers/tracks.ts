import type { TaskMap } from '#lib/jobs/tasks'
import { runTracks } from '#lib/transcode/tracks/run-tracks'
import { serveTask } from './serve-task.ts'

export const run = serveTask<TaskMap['tracks']['input'], TaskMap['tracks']['output']>((input, context) =>
  runTracks({ ...input, ...context }),
)
