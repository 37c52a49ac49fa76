import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from 'node:test'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { sweepLeaks } from '../leaks.ts'

export interface FileResult {
  name: string
  durationMs: number
  passed: string[]
  failed: { title: string; reason: string }[]
  skipped: { title: string; reason: string }[]
  /** What the tests and their programs printed; shown only when something failed. */
  output: string
}

interface TestFile {
  file: string
  name: string
  /** Marks every process the file starts, in its environment. */
  marker: string
  /** A temporary folder of its own, gone afterwards. */
  tempPath: string
  timeoutMs: number
  signal: AbortSignal
}

const GUARD = pathToFileURL(join(import.meta.dirname, 'guard.ts')).href
const OUTPUT_LENGTH_MAX = 200_000

/**
 * Runs one test file in a process of its own, with a temporary folder and a marker of its own, and looks afterwards
 * for processes, mounts and loop devices it left; those are stopped, and count as failures.
 */
export async function runTestFile(test: TestFile): Promise<FileResult> {
  const { file, name, marker, tempPath } = test
  await mkdir(tempPath, { recursive: true })
  const startedAtMs = Date.now()
  const result: FileResult = { name, durationMs: 0, passed: [], failed: [], skipped: [], output: '' }
  const events = run({
    files: [file],
    isolation: 'process',
    timeout: test.timeoutMs,
    signal: test.signal,
    env: buildTestEnv({ PEEKR_TEST_RUN: marker, PEEKR_TEST_FILE: file, TMPDIR: tempPath }),
    execArgv: ['--disable-warning=ExperimentalWarning', `--import=${GUARD}`],
  })
  const parents: string[] = []
  for await (const { type, data } of events) {
    if (type === 'test:start') parents[data.nesting] = data.name
    else if (type === 'test:pass' || type === 'test:fail') {
      // A suite that is skipped stands for its tests, which are not even listed.
      if (data.details.type === 'suite' && data.skip === undefined) continue
      const title = [...parents.slice(0, data.nesting), data.name].join(' › ').replace(file, name)
      if (type === 'test:fail') recordFailure(result, title, data.details.error)
      else if (data.skip !== undefined || data.todo !== undefined) {
        result.skipped.push({ title, reason: String(data.skip ?? data.todo) })
      } else if (data.name !== file) result.passed.push(title)
    } else if (type === 'test:stdout' || type === 'test:stderr') {
      if (result.output.length < OUTPUT_LENGTH_MAX) result.output += data.message
    }
  }
  for (const failure of result.failed) {
    // The process ended badly after its tests: only what it printed says why.
    if (failure.title === name)
      failure.reason += `\n${result.output.trimEnd().split('\n').slice(-20).join('\n')}`
  }
  const leaks = await sweepLeaks({ marker, folder: tempPath, graceMs: 3000 })
  for (const leak of leaks) result.failed.push({ title: `${name} leaves nothing behind`, reason: leak })
  await rm(tempPath, { recursive: true, force: true })
  if (result.passed.length + result.failed.length + result.skipped.length === 0) {
    result.failed.push({ title: name, reason: 'This file has no test.' })
  }
  result.durationMs = Date.now() - startedAtMs
  return result
}

/** The environment without this machine's settings for Peekr, except the database that the run is about. */
function buildTestEnv(additions: Record<string, string>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(?:PORT|HOST|NODE_TEST_CONTEXT)$|^PEEKR_(?!TEST_)/.test(name),
  )
  return { ...Object.fromEntries(kept), ...additions } as NodeJS.ProcessEnv
}

function recordFailure(
  result: FileResult,
  title: string,
  error: Error & { failureType?: string; cause?: unknown },
) {
  // A parent fails because of its children, which are listed themselves.
  if (error.failureType === 'subtestsFailed') return
  const cause = error.cause ?? error
  result.failed.push({ title, reason: cause instanceof Error ? inspect(cause) : String(cause) })
}
