import { parseArgs } from 'node:util'
import { stopWithLauncher } from '../../bin/stop-with-launcher.ts'
import type { Measurement } from './serve.ts'

type Bench = (emit: (measurement: Measurement) => void) => Promise<void>

/** Every benchmark by name; a new one is a file beside this one that exports `runBench`, and a line here. */
const CASES: Record<string, () => Promise<{ runBench: Bench }>> = {
  catalog: () => import('./catalog.ts'),
  database: () => import('./database.ts'),
  page: () => import('./page.ts'),
  playable: () => import('./playable.ts'),
  quality: () => import('./quality.ts'),
  serve: () => import('./serve.ts'),
  snapshot: () => import('./snapshot.ts'),
  storyboard: () => import('./storyboard.ts'),
  transcode: () => import('./transcode.ts'),
  upload: () => import('./upload.ts'),
  workers: () => import('./workers.ts'),
}

/**
 * `npm run bench -- NAME…` prints one JSON object a line: metric, value, unit, note, and the raw samples and command
 * lines of both sides. A benchmark reports; it never fails because something is slow.
 */
stopWithLauncher()
const { positionals } = parseArgs({ allowPositionals: true })
const unknown = positionals.filter((name) => !(name in CASES))
if (positionals.length === 0 || unknown.length > 0) {
  const names = Object.keys(CASES).join(', ')
  console.error(
    `${unknown.length > 0 ? `There is no benchmark ${unknown.join(', ')}. ` : ''}Name one of: ${names}.`,
  )
  process.exitCode = 1
} else {
  for (const name of positionals) {
    const bench = await CASES[name]?.()
    await bench?.runBench((measurement) => console.log(JSON.stringify(measurement)))
  }
}
