import type { TaskMap } from '#lib/jobs/tasks'
import { planCopy } from '#lib/transcode/copy/plan-copy'
import { serveTask } from './serve-task.ts'

export const run = serveTask<TaskMap['plan-copy']['input'], TaskMap['plan-copy']['output']>(
  ({ sourcePath, probe, rung, workPath, withHead, tools }, { signal }) =>
    planCopy(sourcePath, probe, rung, { workPath, tools, signal }, withHead ? workPath : null),
)
