import { z } from 'zod'
import { forgetStorageReport } from '#lib/admin/get-storage-report'
import { recordStorageEvent } from '#lib/db/record-storage-event'
import { getLibrary } from '#lib/jobs/library'

/** What an administrator may have done to the disks. */
export const StorageAction = z.strictObject({
  action: z.enum(['start-scrub', 'stop-scrub', 'reset-counters']),
})
export type StorageAction = z.output<typeof StorageAction>

/** Does it. The caller has checked who asks. Safe to repeat. @throws storage_unavailable in a sentence */
export async function controlStorage({ action }: StorageAction): Promise<void> {
  const library = await getLibrary()
  if (action === 'start-scrub') {
    if (await library.startScrub())
      await recordStorageEvent('scrub-started', 'A scrub was started by an administrator.')
  } else if (action === 'stop-scrub') await library.stopScrub()
  else {
    await library.resetErrorCounters()
    await recordStorageEvent('counters-reset', 'The error counters were set back by an administrator.')
  }
  forgetStorageReport()
}
