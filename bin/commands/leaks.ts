import type { Command } from 'commander'
import { z } from 'zod'
import { findLeaks } from '#lib/admin/leaks/find-leaks'
import { getConfig } from '#lib/config'
import type { LeakReport } from '#lib/domain/leak-view'
import { closePool } from '#lib/jobs/pool'
import { parseOptions } from './parse-options.ts'
import { withDatabase } from './with-database.ts'

const LeaksSchema = z.object({
  url: z
    .url({ protocol: /^https?$/, error: 'write an address such as https://peekr.example.org' })
    .optional(),
  count: z.coerce.number().int().min(1).max(20),
})

/** `peekr doctor leaks`: status 1 when something came out, or nothing could be proven. */
export function registerLeaksCommand(doctor: Command): void {
  doctor
    .command('leaks')
    .description('ask the running server for videos as people who may not have them, and show what comes out')
    .option(
      '--url <address>',
      'where it answers, or a proxy in front of it (default: PEEKR_URL, otherwise this machine)',
    )
    .option('--count <number>', 'how many videos of each visibility to try', '2')
    .option('--json', 'print JSON')
    .action(async (_: unknown, command: Command) => {
      const { json = false, ...given } = command.optsWithGlobals<{ json?: boolean }>()
      const { publicUrl, port } = getConfig()
      const { url = publicUrl ?? `http://127.0.0.1:${port}`, count } = parseOptions(LeaksSchema, given)
      const report = await withDatabase(() => findLeaks({ url, countOfEach: count }))
      await closePool()
      if (json) console.log(JSON.stringify(report, null, 2))
      else printReport(report)
      if (!report.passed) process.exitCode = 1
    })
}

function printReport({ rows, leaks, notes, askedCount, tookMs, passed }: LeakReport): void {
  for (const { visibility, attempt, door, askedCount: asked, leakedCount: leaked } of rows) {
    const result = leaked === 0 ? 'pass' : `${leaked} LEAKED`
    console.log(
      [visibility.padEnd(9), door.padEnd(8), String(asked).padStart(5), result.padEnd(10), attempt].join(
        '  ',
      ),
    )
  }
  for (const { videoId, request, attempt, door, status, reason } of leaks) {
    console.log(`✗ ${videoId}: ${reason}. ${request} as ${attempt}, ${door} door, answered ${status}`)
  }
  for (const note of notes) console.log(`– ${note}`)
  const result = passed
    ? 'Nothing came out'
    : leaks.length > 0
      ? 'Something came out'
      : 'Not everything was tried'
  console.log(`${result}: ${askedCount} requests in ${(tookMs / 1000).toFixed(1)} s.`)
}
