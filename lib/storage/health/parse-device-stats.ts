import { z } from 'zod'
import type { DeviceHealth } from '#lib/domain/storage-health'

const Count = z.coerce.number().int().nonnegative()
const StatsSchema = z.object({
  'device-stats': z.array(
    z.object({
      device: z.string(),
      devid: Count,
      write_io_errs: Count,
      read_io_errs: Count,
      flush_io_errs: Count,
      corruption_errs: Count,
      generation_errs: Count,
    }),
  ),
})

/** What `btrfs --format json device stats` prints (btrfs-device(8)). @throws SyntaxError or ZodError for anything else */
export function parseDeviceStats(text: string): DeviceHealth[] {
  return StatsSchema.parse(JSON.parse(text))['device-stats'].map((stats) => ({
    id: stats.devid,
    // A device that is gone has no path, but a word in angle brackets or nothing.
    path: stats.device.startsWith('/') ? stats.device : null,
    errors: {
      write: stats.write_io_errs,
      read: stats.read_io_errs,
      flush: stats.flush_io_errs,
      corruption: stats.corruption_errs,
      generation: stats.generation_errs,
    },
  }))
}
