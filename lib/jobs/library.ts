import { getConfig } from '#lib/config'
import { runTask } from '#lib/jobs/pool'
import { forgetSingleton, singleton } from '#lib/singleton'
import { openStorage } from '#lib/storage/open-storage'
import type { Storage } from '#lib/storage/storage'

const BTRFS_TIMEOUT_MS = 30_000

/** The video library of this process, opened once; every `btrfs` call runs in the pool, off the request path. */
export function getLibrary(): Promise<Storage> {
  return singleton('jobs.library', () =>
    openStorage({
      dataPath: getConfig().dataPath,
      runBtrfs: async (args, options) => {
        const timeoutMs = options?.timeoutMs ?? BTRFS_TIMEOUT_MS
        return (await runTask('btrfs', { args, timeoutMs, goesOn: options?.goesOn ?? false })).stdout
      },
    }).catch((error: unknown) => {
      forgetSingleton('jobs.library') // the disk may be there the next time
      throw error
    }),
  )
}
