import type { TaskMap } from '#lib/jobs/tasks'
import { runBtrfs } from '#lib/storage/btrfs/run-btrfs'
import { serveTask } from './serve-task.ts'

export const run = serveTask<TaskMap['btrfs']['input'], TaskMap['btrfs']['output']>(
  async ({ args, ...options }) => ({ stdout: await runBtrfs(args, options) }),
)
