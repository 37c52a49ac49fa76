import type { CopyOutcome, CopyProgress } from '#lib/domain/copy-plan'
import type { TaskMap } from '#lib/jobs/tasks'
import { writeCopy } from '#lib/transcode/copy/write-copy'
import { serveTask } from './serve-task.ts'

export const run = serveTask<TaskMap['copy-rung']['input'], CopyOutcome, CopyProgress>(
  (input, { signal, onReport }) => writeCopy({ ...input, signal, onSegment: onReport }),
)
