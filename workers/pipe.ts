import type { TaskMap } from '#lib/jobs/tasks'
import { runPipe } from '#lib/storage/twin/run-pipe'
import { serveTask } from './serve-task.ts'

const REPORT_MS = 500

type Pipe = TaskMap['pipe']

export const run = serveTask<Pipe['input'], Pipe['output'], Pipe['report']>((input, { signal, onReport }) => {
  let reportedAt = 0
  return runPipe(input, {
    signal,
    onBytes(sizeBytes) {
      if (performance.now() - reportedAt < REPORT_MS) return
      reportedAt = performance.now()
      onReport({ sizeBytes })
    },
  })
})
