import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { stopWithLauncher } from '../bin/stop-with-launcher.ts'
import { sweepLeaks } from './support/leaks.ts'
import { findTestFiles, type TestGroup } from './support/runner/find-test-files.ts'
import { formatFileResult, formatSummary } from './support/runner/format-results.ts'
import { runChecks } from './support/runner/run-checks.ts'
import { type FileResult, runTestFile } from './support/runner/run-test-file.ts'

/**
 * Runs the tests: `node tests/run.ts [--database] [PATTERN…]`.
 *
 * Without a pattern that is format, lint, types, the build and every test file; with one, the files whose path
 * contains it. `--database` keeps those that use a database. Ends with `N passed, N failed, N skipped`.
 */
const root = resolve(import.meta.dirname, '..')
const FILE_TIMEOUT_MS = 600_000
const RUN_TIMEOUT_MS = 60 * 60_000

// Encoders and browsers want the machine for themselves; what only thinks may share it.
const CONCURRENCY: Record<TestGroup, number> = {
  unit: Math.min(2, availableParallelism()),
  integration: Math.min(2, availableParallelism()),
  e2e: 1,
  faults: 1,
}

async function main(): Promise<void> {
  stopWithLauncher()
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { database: { type: 'boolean', default: false } },
  })
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)))
  }
  const bound = setTimeout(
    () => stop.abort(new Error(`stopped after ${RUN_TIMEOUT_MS / 60_000} minutes`)),
    RUN_TIMEOUT_MS,
  )

  const runId = randomBytes(4).toString('hex')
  const folder = await mkdtemp(join(tmpdir(), 'pt-'))
  await chmod(folder, 0o711) // sandboxes and other users of the tests pass through it
  const results: FileResult[] = []
  try {
    const everything = positionals.length === 0 && !values.database
    if (everything) results.push(...(await runChecks(root, stop.signal)))
    const groups = await findTestFiles(root, { patterns: positionals, onlyDatabase: values.database })
    for (const [group, files] of groups) {
      results.push(...(await runGroup({ group, files, runId, folder, signal: stop.signal })))
    }
  } finally {
    clearTimeout(bound)
    await sweepLeaks({ marker: runId, folder, graceMs: 0 })
    await rm(folder, { recursive: true, force: true })
  }
  const interrupted = stop.signal.aborted ? stop.signal.reason.message : null
  const summary = formatSummary(results, interrupted)
  console.log(summary.text)
  process.exitCode = summary.ok ? 0 : 1
}

interface Group {
  group: TestGroup
  files: string[]
  runId: string
  folder: string
  signal: AbortSignal
}

async function runGroup({ group, files, runId, folder, signal }: Group): Promise<FileResult[]> {
  const results: FileResult[] = []
  const waiting = files.entries()
  const work = async () => {
    for (const [index, file] of waiting) {
      if (signal.aborted) return
      const result = await runTestFile({
        file,
        name: relative(root, file),
        marker: `${runId}.${group}.${index}`,
        tempPath: join(folder, `${group[0]}${index}`),
        timeoutMs: FILE_TIMEOUT_MS,
        signal,
      })
      results.push(result)
      console.log(formatFileResult(result))
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY[group] }, work))
  return results
}

await main()
